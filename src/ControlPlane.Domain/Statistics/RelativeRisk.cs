using System.Text.Json.Serialization;

namespace ControlPlane.Domain.Statistics;

/// <summary>Failures seen while the candidate had one share of the exposures.</summary>
/// <param name="Weight">Share of the candidate, above 0 and below 1.</param>
/// <param name="All">Failures of both arms.</param>
/// <param name="Candidate">Those of the candidate, 0 to <paramref name="All"/>.</param>
public sealed record FailureCount(double Weight, long All, long Candidate);

/// <summary>
/// Sequential test of how many times more often the candidate fails than the stable arm. Given that a failure happens, it is the candidate's with
/// probability q(r) = r·w / (1 − w + r·w): no base rate has to be known, and it may be looked at after every failure without raising the false alarms.
/// </summary>
/// <remarks>
/// A mixture of likelihood ratios is a supermartingale under every true risk up to the margin; Ville's inequality bounds the chance that it ever reaches 1/α by α.
/// What is kept is two counts for each share there was; the likelihood at any risk follows from them exactly.
/// </remarks>
public sealed record RelativeRisk(IReadOnlyList<FailureCount> Counts)
{
    /// <summary>Risks above the margin that are looked for, times the margin.</summary>
    public const double MostRisk = 64;

    private const int WorsePoints = 64;
    private const int IntervalPoints = 129;
    private const double Furthest = 1 << 20;

    public static readonly RelativeRisk Nothing = new([]);

    [JsonIgnore]
    public long All => Counts.Sum(count => count.All);

    [JsonIgnore]
    public long Candidate => Counts.Sum(count => count.Candidate);

    public RelativeRisk Plus(FailureCount more)
    {
        if (!(more.Weight > 0 && more.Weight < 1))
            throw new ArgumentOutOfRangeException(nameof(more), more.Weight, "The candidate's share must be above 0 and below 1.");
        if (more.Candidate < 0 || more.Candidate > more.All)
            throw new ArgumentOutOfRangeException(nameof(more), more.Candidate, "The candidate's failures are part of all.");
        var at = Counts.ToList().FindIndex(count => count.Weight == more.Weight);
        return at < 0
            ? new([.. Counts, more])
            : new([.. Counts.Select((count, i) => i == at ? new FailureCount(count.Weight, count.All + more.All, count.Candidate + more.Candidate) : count)]);
    }

    /// <param name="margin">Risk that is still accepted, at least 1.</param>
    /// <returns>Natural logarithm of the evidence that the risk is above the margin; the test is over when it reaches ln(1/α).</returns>
    public double LogEvidence(double margin) => LogMean(Spaced(WorsePoints, 1.05 * margin, MostRisk * margin, openBelow: true)) - LogLikelihood(margin);

    /// <summary>Risks that the counts do not speak against, at any time, with probability 1 − α.</summary>
    public Interval Interval(double alpha)
    {
        if (All == 0)
            return new(0, double.PositiveInfinity);
        var mean = LogMean(Spaced(IntervalPoints, 1 / MostRisk, MostRisk, openBelow: false));
        bool IsOut(double risk) => mean - LogLikelihood(risk) >= Math.Log(1 / alpha);
        var best = Math.Clamp(Estimate() ?? 1, 1 / Furthest, Furthest);
        return new(
            Candidate == 0 || !IsOut(1 / Furthest) ? 0 : Bisect(best, 1 / Furthest, IsOut),
            Candidate == All || !IsOut(Furthest) ? double.PositiveInfinity : Bisect(best, Furthest, IsOut));
    }

    /// <summary>Whether <see cref="Interval"/> leaves a risk out.</summary>
    public bool Excludes(double risk, double alpha) =>
        All > 0 && LogMean(Spaced(IntervalPoints, 1 / MostRisk, MostRisk, openBelow: false)) - LogLikelihood(risk) >= Math.Log(1 / alpha);

    /// <summary>The most likely risk, 0 to ∞; null without failures.</summary>
    public double? Estimate()
    {
        if (All == 0)
            return null;
        if (Candidate == 0 || Candidate == All)
            return Candidate == 0 ? 0 : double.PositiveInfinity;
        // The likelihood has one peak: left of it more candidate failures were seen than the risk lets expect.
        return Bisect(1 / Furthest, Furthest, risk => Counts.Sum(count => count.All * Share(risk, count.Weight)) >= Candidate);
    }

    /// <summary>q(r): the chance that a failure is the candidate's.</summary>
    public static double Share(double risk, double weight) => risk * weight / (1 - weight + risk * weight);

    /// <summary>Failures of both arms until a test with this α is expected to see the harm.</summary>
    /// <returns>∞ when the harm is not above the margin.</returns>
    public static double FailuresNeeded(double harm, double margin, double weight, double alpha) =>
        harm <= margin ? double.PositiveInfinity : (Math.Log(1 / alpha) + 1) / Divergence(Share(harm, weight), Share(margin, weight));

    /// <summary>Requests of both arms until then.</summary>
    /// <param name="rate">Share of failures in the stable arm, above 0, at most 1.</param>
    public static double RequestsNeeded(double harm, double margin, double weight, double alpha, double rate) =>
        FailuresNeeded(harm, margin, weight, alpha) / (weight * Math.Min(1, rate * harm) + (1 - weight) * rate);

    /// <summary>Kullback–Leibler divergence of two coins, natural units.</summary>
    public static double Divergence(double p, double q) => (p == 0 ? 0 : p * Math.Log(p / q)) + (p == 1 ? 0 : (1 - p) * Math.Log((1 - p) / (1 - q)));

    /// <summary>Without the terms that do not depend on the risk.</summary>
    private double LogLikelihood(double risk)
    {
        var sum = Candidate * Math.Log(risk);
        foreach (var count in Counts)
            sum -= count.All * Math.Log(1 - count.Weight + risk * count.Weight);
        return sum;
    }

    private double LogMean(double[] risks)
    {
        Span<double> logs = stackalloc double[risks.Length];
        var most = double.NegativeInfinity;
        for (var i = 0; i < risks.Length; i++)
        {
            logs[i] = LogLikelihood(risks[i]);
            most = Math.Max(most, logs[i]);
        }

        double sum = 0;
        foreach (var log in logs)
            sum += Math.Exp(log - most);
        return most + Math.Log(sum / risks.Length);
    }

    private static double[] Spaced(int points, double from, double to, bool openBelow)
    {
        var risks = new double[points];
        for (var i = 0; i < points; i++)
            risks[i] = from * Math.Pow(to / from, openBelow ? (i + 1.0) / points : (double)i / (points - 1));
        return risks;
    }

    /// <summary>The border, on a logarithmic scale, between a risk where the claim is false and one where it is true.</summary>
    private static double Bisect(double isFalse, double isTrue, Func<double, bool> claim)
    {
        var (low, high) = (Math.Log(isFalse), Math.Log(isTrue));
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (claim(Math.Exp(middle)))
                high = middle;
            else
                low = middle;
        }

        return Math.Exp((low + high) / 2);
    }
}

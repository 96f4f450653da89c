using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace ControlPlane.Domain.Statistics;

/// <summary>Whether units were spread over the arms as planned. Where they were not, no result of the experiment means anything.</summary>
/// <param name="BayesFactor">Evidence against the planned shares; looked at at any time.</param>
/// <param name="PValue">Of Pearson's χ², shown and decides nothing: it may be looked at once only.</param>
public sealed record SampleRatio(bool IsOk, double BayesFactor, double PValue)
{
    public const double AlarmAt = 1_000;

    private const double Concentration = 10_000;

    /// <param name="units">Distinct units of each arm.</param>
    /// <param name="shares">Planned share of each arm, above 0, together 1.</param>
    public static SampleRatio Of(IReadOnlyList<long> units, IReadOnlyList<double> shares)
    {
        if (units.Count != shares.Count || units.Count < 2 || shares.Any(share => !(share > 0)) || Math.Abs(shares.Sum() - 1) > 1e-9)
            throw new ArgumentException("Shares are above 0, one an arm, and sum to 1.", nameof(shares));
        var all = (double)units.Sum();
        if (all == 0)
            return new(true, 1, 1);

        var log = SpecialFunctions.GammaLn(Concentration) - SpecialFunctions.GammaLn(Concentration + all);
        double chi = 0;
        for (var arm = 0; arm < units.Count; arm++)
        {
            var (n, share) = (units[arm], shares[arm]);
            log += SpecialFunctions.GammaLn(Concentration * share + n) - SpecialFunctions.GammaLn(Concentration * share) - n * Math.Log(share);
            chi += Math.Pow(n - all * share, 2) / (all * share);
        }

        return new(log < Math.Log(AlarmAt), Math.Exp(Math.Min(log, 700)), 1 - ChiSquared.CDF(units.Count - 1, chi));
    }
}

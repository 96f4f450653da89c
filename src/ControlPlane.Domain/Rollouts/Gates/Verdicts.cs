using System.Globalization;
using ControlPlane.Domain.Statistics;

namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>What evidence says: better, no worse, worse, or not enough of it.</summary>
internal static class Verdicts
{
    private const long LeastUnits = 30;

    public static Reading Of(Gate gate, StepTerms terms, Evidence step, GateEvidence evidence, int breachedAt) =>
        !gate.AgainstStable ? OfLimit(gate, step, evidence, breachedAt)
        : GateMetrics.KindOf(gate.Metric) == MetricKind.Mean ? OfMeans(gate, terms, step, evidence)
        : OfRisk(gate, terms, step, evidence);

    private static Reading OfRisk(Gate gate, StepTerms terms, Evidence step, GateEvidence evidence)
    {
        var risk = evidence.Risk;
        var interval = risk.Interval(gate.Alpha);
        // Asked of the margin itself: an interval's end is found to many digits, not exactly.
        var verdict = risk.All > 0 && risk.LogEvidence(gate.Margin) >= Math.Log(1 / gate.Alpha) ? Verdict.Worse
            : interval.High < 1 && risk.Excludes(1, gate.Alpha) ? Verdict.Better
            : gate.Margin > 1 && interval.High < gate.Margin && risk.Excludes(gate.Margin, gate.Alpha) ? Verdict.NoWorse
            : Verdict.NotEnoughEvidence;
        return new(gate.Name, verdict, gate.OnBreach, gate.RequireNoWorse)
        {
            Value = Finite(risk.Estimate()),
            Low = interval.Low,
            High = Finite(interval.High),
            Threshold = gate.Margin,
            StableSamples = step.StableSamples,
            CandidateSamples = step.CandidateSamples,
            // With all traffic moved there is nothing left to compare with.
            MinSamples = terms.Weight is > 0 and < 1 ? gate.Samples : 0,
            Eta = verdict == Verdict.NotEnoughEvidence ? Eta(gate, terms, step, evidence) : null,
            Sentence = risk.Estimate() is not { } r ? $"{gate.Name}: no failure in {evidence.RiskRequests} requests."
                : double.IsInfinity(r) ? $"{gate.Name}: {risk.All} failures, all of the candidate: at least {Number(interval.Low)} times as often as stable, accepted up to {Number(gate.Margin)}."
                : $"{gate.Name}: {Number(r)} times as often as stable ({Number(interval.Low)} to {Number(interval.High)}), accepted up to {Number(gate.Margin)}; {risk.All} failures, {risk.Candidate} of the candidate.",
        };
    }

    private static TimeSpan? Eta(Gate gate, StepTerms terms, Evidence step, GateEvidence evidence)
    {
        if (terms.Weight is <= 0 or >= 1 || step.Held == 0 || evidence.Risk.All == 0 || evidence.RiskRequests == 0)
            return null;
        // The base rate as if both arms failed alike: what is seen of the candidate is the question, not the answer.
        var rate = (double)evidence.Risk.All / evidence.RiskRequests;
        var requests = RelativeRisk.RequestsNeeded(gate.HarmToFind, gate.Margin, terms.Weight, gate.Alpha, rate);
        var perWindow = (double)(step.StableSamples + step.CandidateSamples) / step.Held;
        var windows = (requests - evidence.RiskRequests) / perWindow;
        return double.IsFinite(windows) && windows is > 0 and < 1e8 ? terms.Window.Time((long)Math.Ceiling(windows)) : null;
    }

    private static Reading OfMeans(Gate gate, StepTerms terms, Evidence step, GateEvidence evidence)
    {
        var (stable, candidate) = (evidence.Stable, evidence.Candidate);
        var accepted = gate.MaxDifference ?? 0;
        var variance = stable.Variance() / stable.Count + candidate.Variance() / candidate.Count;
        // An arm in which nothing varies, or a value that is no number, gives no interval: NaN passes no comparison.
        var isEnough = evidence.Unusable == 0 && stable.Count >= LeastUnits && candidate.Count >= LeastUnits && stable.M2 > 0 && candidate.M2 > 0 && double.IsFinite(variance);
        var count = stable.Count + candidate.Count;
        var difference = candidate.Mean - stable.Mean;
        var alpha = gate.Alpha / Math.Max(1, terms.Steps);
        var half = isEnough ? gate.WorseSide == WorseWhen.Either
            ? ConfidenceSequence.HalfWidth(Math.Sqrt(variance), count, alpha)
            : ConfidenceSequence.OneSidedWidth(Math.Sqrt(variance), count, alpha) : double.NaN;
        var bad = gate.WorseSide switch
        {
            WorseWhen.Higher => difference - half > accepted,
            WorseWhen.Lower => difference + half < -accepted,
            _ => difference - half > accepted || difference + half < -accepted,
        };
        var fine = gate.WorseSide switch
        {
            WorseWhen.Higher => difference + half <= accepted,
            WorseWhen.Lower => difference - half >= -accepted,
            _ => difference + half <= accepted && difference - half >= -accepted,
        };
        var better = gate.WorseSide switch
        {
            WorseWhen.Higher => difference + half < 0,
            WorseWhen.Lower => difference - half > 0,
            _ => false,
        };
        return new(gate.Name, bad ? Verdict.Worse : better ? Verdict.Better : fine ? Verdict.NoWorse : Verdict.NotEnoughEvidence, gate.OnBreach, gate.RequireNoWorse)
        {
            Value = count > 0 && stable.Count > 0 && candidate.Count > 0 ? Finite(difference) : null,
            Low = Finite(difference - half),
            High = Finite(difference + half),
            Threshold = accepted,
            StableSamples = stable.Count,
            CandidateSamples = candidate.Count,
            MinSamples = terms.Weight is > 0 and < 1 ? gate.Samples : 0,
            IsJudged = isEnough || terms.Weight is <= 0 or >= 1,
            Sentence = isEnough
                ? $"{gate.Name}: candidate − stable = {Number(difference)} ± {Number(half)}, accepted {Number(accepted)}; {stable.Count} and {candidate.Count} values."
                : $"{gate.Name}: {stable.Count} values of stable, {candidate.Count} of the candidate; at least {LeastUnits} that differ are needed in each{(evidence.Unusable > 0 ? $"; {evidence.Unusable} windows held values that are no numbers" : "")}.",
        };
    }

    private static Reading OfLimit(Gate gate, Evidence step, GateEvidence evidence, int breachedAt)
    {
        var over = evidence.Recent.Count(isOver => isOver);
        return new(gate.Name, over >= breachedAt ? Verdict.Worse : evidence.Recent.Count > 0 && over == 0 ? Verdict.NoWorse : Verdict.NotEnoughEvidence, gate.OnBreach, gate.RequireNoWorse)
        {
            Value = Finite(evidence.Last),
            Threshold = gate.Max!.Value,
            StableSamples = step.CandidateSamples,
            CandidateSamples = step.CandidateSamples,
            MinSamples = gate.Samples,
            IsJudged = evidence.Recent.Count > 0,
            Sentence = evidence.Last is { } last
                ? $"{gate.Name}: {Number(last)}, limit {Number(gate.Max.Value)}; {over} of the newest {evidence.Recent.Count} windows over it."
                : $"{gate.Name}: {evidence.Pool.Count} of {gate.Samples} samples for a first window.",
        };
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "∞" : value.ToString("0.####", CultureInfo.InvariantCulture);
}

using ControlPlane.Domain.Statistics;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Experiments;

/// <summary>One arm, aggregated a unit: each unit is one value.</summary>
/// <param name="Units">Distinct units that were assigned and seen, with an outcome or without.</param>
/// <param name="Values">Of units that are mature: 0 and 1 for proportions.</param>
/// <param name="Before">The same with the unit's value before the start (y, x); null: not adjusted for it.</param>
public sealed record ArmSample(long Units, Moments Values, Pairs? Before = null);

/// <summary>An A/B test's numbers: validity first, then the effect.</summary>
public static class Analysis
{
    /// <param name="shareOfB">Planned, above 0 and below 1.</param>
    /// <param name="elapsed">Since the start, in windows that were judged.</param>
    public static ExperimentReport Of(ExperimentPlan plan, ArmSample a, ArmSample b, double shareOfB, TimeSpan elapsed)
    {
        var ratio = SampleRatio.Of([a.Units, b.Units], [1 - shareOfB, shareOfB]);
        var required = RequiredPerArm(plan, a.Values);
        var fewest = Math.Min(a.Values.Count, b.Values.Count);
        var isDone = required is { } needed && fewest >= needed && elapsed >= plan.MinimumDuration;
        var (effect, explained) = Effect(plan, a, b);
        var report = new ExperimentReport(ratio, [a.Units, b.Units], required, effect, isDone || plan.Analysis == AnalysisForm.Sequential, ExperimentVerdict.NotEnoughEvidence, "") { Explained = explained };
        if (!ratio.IsOk)
        {
            return report with
            {
                Verdict = ExperimentVerdict.NotValid,
                Sentence = $"Units are not spread as planned ({a.Units} and {b.Units} at a share of {shareOfB:0.####} for B, Bayes factor {ratio.BayesFactor:0}). Find out why before reading any result.",
            };
        }

        var isSeen = effect is { } found && (found.Interval.Low > 0 || found.Interval.High < 0);
        if (effect is null || !isDone && (plan.Analysis == AnalysisForm.Fixed || elapsed < plan.MinimumDuration || !isSeen))
            return report with { Sentence = Waiting(plan, fewest, required, elapsed) };
        if (!isSeen)
            return report with { Verdict = ExperimentVerdict.NoDifference, Sentence = $"No difference of {plan.MinimumDetectableEffect:0.####} or more is likely: {Text(effect.Value)}." };
        var isBetter = effect.Value.Value > 0 != plan.LowerIsBetter;
        return report with { Verdict = isBetter ? ExperimentVerdict.Better : ExperimentVerdict.Worse, Sentence = $"B is {(isBetter ? "better" : "worse")}: {Text(effect.Value)}." };
    }

    private static long? RequiredPerArm(ExperimentPlan plan, Moments values)
    {
        var baseline = plan.Form == MetricForm.Proportion ? values.Mean : Math.Sqrt(values.Variance());
        return plan.RequiredPerArm(baseline).TryGet(out var required, out _) ? required : null;
    }

    private static (Difference?, double? Explained) Effect(ExperimentPlan plan, ArmSample a, ArmSample b)
    {
        if (a.Before is { } beforeA && b.Before is { } beforeB && Pairs.Cuped(beforeA, beforeB) is { StandardError: > 0 } adjusted)
        {
            var plain = Math.Sqrt(beforeA.VarianceY / beforeA.Count + beforeB.VarianceY / beforeB.Count);
            return (Interval(plan, adjusted.Difference, adjusted.StandardError, beforeA.Count + beforeB.Count), 1 - Math.Pow(adjusted.StandardError / plain, 2));
        }

        if (plan.Analysis == AnalysisForm.Sequential)
        {
            var error = Math.Sqrt(a.Values.Variance() / a.Values.Count + b.Values.Variance() / b.Values.Count);
            return (error > 0 ? Interval(plan, b.Values.Mean - a.Values.Mean, error, a.Values.Count + b.Values.Count) : null, null);
        }

        return (plan.Form == MetricForm.Mean
            ? FixedHorizon.Means(a.Values, b.Values, plan.Alpha)
            : FixedHorizon.Proportions(Ones(a.Values), a.Values.Count, Ones(b.Values), b.Values.Count, plan.Alpha), null);
    }

    private static Difference Interval(ExperimentPlan plan, double difference, double error, long count)
    {
        if (plan.Analysis == AnalysisForm.Fixed)
            return FixedHorizon.Normally(difference, error, plan.Alpha);
        var half = ConfidenceSequence.HalfWidth(error, count, plan.Alpha);
        return new(difference, error, new(difference - half, difference + half), ConfidenceSequence.PValue(difference, error, count, plan.Alpha));
    }

    private static long Ones(Moments values) => (long)Math.Round(values.Mean * values.Count);

    private static string Waiting(ExperimentPlan plan, long fewest, long? required, TimeSpan elapsed) =>
        $"{fewest} of {(required is { } needed ? needed.ToString() : "an unknown number of")} units an arm, {elapsed.TotalDays:0.#} of at least {plan.MinimumDuration.TotalDays:0.#} days."
        + (plan.Analysis == AnalysisForm.Fixed ? " Interim look: the decision is made at the planned size; do not stop on this." : "");

    private static string Text(Difference effect) =>
        $"B − A = {effect.Value:0.######} ({effect.Interval.Low:0.######} to {effect.Interval.High:0.######}), p = {effect.PValue:0.####}";
}

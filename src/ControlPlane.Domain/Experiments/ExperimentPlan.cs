using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Statistics;

namespace ControlPlane.Domain.Experiments;

/// <summary>What an A/B test sets out to find, written down before it starts.</summary>
/// <param name="Metric">Name of an outcome, such as <c>outcome:click</c>.</param>
/// <param name="MinimumDetectableEffect">Smallest difference B − A worth finding, absolute, above 0.</param>
/// <param name="Alpha">Chance to find a difference that is not there; above 0, at most 0.5.</param>
/// <param name="Power">Chance to find one of that size; 0.5 to below 1.</param>
public sealed record ExperimentPlan(string Metric, MetricForm Form, double MinimumDetectableEffect, double Alpha = 0.05, double Power = 0.8)
{
    /// <summary>Whole weeks keep what differs by weekday out of it.</summary>
    public TimeSpan MinimumDuration { get; init; } = TimeSpan.FromDays(14);

    public AnalysisForm Analysis { get; init; }

    /// <summary>Lower values are the better ones, as for a time.</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Units an arm needs; the baseline is a rate (proportions) or a standard deviation (means).</summary>
    /// <returns>A whole number; refused where the plan and the baseline make no sense together.</returns>
    public Outcome<long> RequiredPerArm(double baseline)
    {
        if (Check("experiment") is { } refusal)
            return refusal;
        if (Form == MetricForm.Mean)
        {
            return baseline > 0 && double.IsFinite(baseline)
                ? (long)Math.Ceiling(SampleSize.OfMeans(MinimumDetectableEffect, baseline, Alpha, Power))
                : Refusal.Invalid("standardDeviation", "standardDeviation must be above 0.");
        }

        if (!(baseline is > 0 and < 1))
            return Refusal.Invalid("baseline", "baseline must be a rate above 0 and below 1.");
        var other = baseline + MinimumDetectableEffect < 1 ? baseline + MinimumDetectableEffect : baseline - MinimumDetectableEffect;
        return other > 0
            ? (long)Math.Ceiling(SampleSize.OfProportions(baseline, other, Alpha, Power))
            : Refusal.Invalid("minimumDetectableEffect", $"A rate of {baseline:0.####} cannot move by {MinimumDetectableEffect:0.####}: rates lie between 0 and 1.");
    }

    public Refusal? Check(string field)
    {
        if (!(MinimumDetectableEffect > 0 && double.IsFinite(MinimumDetectableEffect)))
            return Refusal.Invalid($"{field}.minimumDetectableEffect", "minimumDetectableEffect must be above 0: an effect of 0 needs endless samples.");
        if (!(Alpha is > 0 and <= 0.5))
            return Refusal.Invalid($"{field}.alpha", "alpha must be above 0 and at most 0.5.");
        if (!(Power is >= 0.5 and < 1))
            return Refusal.Invalid($"{field}.power", "power must be at least 0.5 and below 1.");
        return MinimumDuration < TimeSpan.Zero || MinimumDuration > TimeSpan.FromDays(365)
            ? Refusal.Invalid($"{field}.minimumDuration", "minimumDuration must be between 0 and 365d.")
            : null;
    }
}

public enum MetricForm
{
    /// <summary>A unit has it or not.</summary>
    Proportion,

    /// <summary>A number a unit.</summary>
    Mean,
}

public enum AnalysisForm
{
    /// <summary>Looked at once, when the planned units are in and the time is over.</summary>
    Fixed,

    /// <summary>May be looked at at any time.</summary>
    Sequential,
}

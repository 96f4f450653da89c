using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>Whether a gate makes sense.</summary>
public static class GateRules
{
    public static Refusal? Check(Gate gate, string field)
    {
        if (GateMetrics.KindOf(gate.Metric) is not { } kind)
            return Refusal.Invalid($"{field}.metric", $"{field}.metric: there is no metric {gate.Metric}. Metrics are error_rate, latency_above, latency_p99, prediction_mean, missing_rate, outcome:<name> and custom:<name>.");
        if ((gate.Limit is not null) != (gate.Metric == GateMetrics.LatencyAbove) || gate.Limit is { } limit && (limit <= TimeSpan.Zero || limit > TimeSpan.FromMinutes(2)))
            return Refusal.Invalid($"{field}.limit", $"{field}.limit, above 0 and at most 2m, belongs to latency_above, and to nothing else.");
        if (!(gate.Alpha is > 0 and <= 0.5))
            return Refusal.Invalid($"{field}.alpha", $"{field}.alpha must be above 0 and at most 0.5.");
        if (gate.MinSamples is < 1 or > 1_000_000_000)
            return Refusal.Invalid($"{field}.minSamples", $"{field}.minSamples must be between 1 and 10^9.");
        return gate.AgainstStable ? OfComparison(gate, kind, field) : OfLimit(gate, kind, field);
    }

    private static Refusal? OfComparison(Gate gate, MetricKind kind, string field)
    {
        if (gate.Max is not null)
            return Refusal.Invalid($"{field}.max", $"{field}: max is for the candidate alone, against: stable compares; choose one.");
        if (kind == MetricKind.Percentile)
            return Refusal.Invalid($"{field}.against", $"{field}: percentiles are held against max. Compare the share of slow requests instead: latency_above with a limit.");
        if (kind == MetricKind.Rate && (gate.MaxDifference is not null || gate.MaxIncrease is { } increase && !(increase is >= 0 and <= 10)))
            return Refusal.Invalid($"{field}.maxIncrease", $"{field}: a rate has maxIncrease, relative, between 0 and 1000 %, and no maxDifference.");
        if (kind == MetricKind.Mean && (gate.MaxIncrease is not null || !(gate.MaxDifference is { } difference && difference >= 0 && double.IsFinite(difference))))
            return Refusal.Invalid($"{field}.maxDifference", $"{field}: a mean has maxDifference, 0 or more in its own unit, and no maxIncrease.");
        return gate.Harm is { } harm && !(double.IsFinite(harm) && harm > (kind == MetricKind.Mean ? gate.MaxDifference!.Value : gate.Margin))
            ? Refusal.Invalid($"{field}.harm", $"{field}.harm must be beyond what the gate accepts: no test finds a harm that it allows.")
            : null;
    }

    private static Refusal? OfLimit(Gate gate, MetricKind kind, string field)
    {
        if (gate.MaxIncrease is not null || gate.MaxDifference is not null)
            return Refusal.Invalid($"{field}.against", $"{field}: maxIncrease and maxDifference compare; say against: stable.");
        if (gate.Max is not { } max || !double.IsFinite(max))
            return Refusal.Invalid($"{field}.max", $"{field}: say against: stable, or a max.");
        if (kind == MetricKind.Rate && !(max is >= 0 and <= 1))
            return Refusal.Invalid($"{field}.max", $"{field}.max must be a share between 0 and 100 %.");
        return kind == MetricKind.Percentile && !(max is > 0 and <= 134_000) ? Refusal.Invalid($"{field}.max", $"{field}.max must be above 0 and at most 134s.") : null;
    }
}

using System.Text.Json.Serialization;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>A condition that has to hold while a candidate takes traffic.</summary>
public sealed record Gate
{
    /// <summary>One of <see cref="GateMetrics"/>.</summary>
    public required string Metric { get; init; }

    /// <summary>Compared with the stable arm (true) or with <see cref="Max"/>.</summary>
    public bool AgainstStable { get; init; }

    /// <summary>Of <c>latency_above</c>: what counts as too slow.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Rates against stable: how much more is still accepted, relative; 0.2 = 20 % more, 0 = none.</summary>
    public double? MaxIncrease { get; init; }

    /// <summary>Means against stable: how far apart is still accepted, in the metric's own unit.</summary>
    public double? MaxDifference { get; init; }

    /// <summary>A limit for the candidate alone: a share 0 to 1, for <c>latency_p99</c> milliseconds, for means the metric's own unit.</summary>
    public double? Max { get; init; }

    /// <summary>Chance that a candidate which is no worse is taken for worse, over the whole attempt; above 0, at most 0.5.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>Requests that each arm needs in a step (against stable), or the candidate in a window (<see cref="Max"/>).</summary>
    public long? MinSamples { get; init; }

    /// <summary>A step ends only with the verdict <em>better</em> or <em>no worse</em>.</summary>
    public bool RequireNoWorse { get; init; }

    public BreachAction OnBreach { get; init; }

    /// <summary>Which way is worse for a mean; null: as the metric says.</summary>
    public WorseWhen? Worse { get; init; }

    /// <summary>The harm that has to be found: for rates how many times as often (3), for means the difference. Null: see <see cref="HarmToFind"/>.</summary>
    public double? Harm { get; init; }

    [JsonIgnore]
    public string Name => Limit is { } limit ? $"{Metric} {limit.TotalMilliseconds:0.###} ms" : Metric;

    [JsonIgnore]
    public double Margin => 1 + (MaxIncrease ?? 0);

    [JsonIgnore]
    public long Samples => MinSamples ?? (AgainstStable ? 500 : 100);

    [JsonIgnore]
    public WorseWhen WorseSide => Worse ?? GateMetrics.WorseSideOf(Metric);

    /// <summary>Rates: three times as often, and at least twice what is accepted. Means: twice what is accepted.</summary>
    [JsonIgnore]
    public double HarmToFind => Harm ?? (GateMetrics.KindOf(Metric) == MetricKind.Mean ? 2 * (MaxDifference ?? 0) : Math.Max(3, 2 * Margin));
}

public enum BreachAction
{
    RollBack,
    Pause,
}

public enum WorseWhen
{
    Higher,
    Lower,
    Either,
}

public enum MetricKind
{
    /// <summary>A share of requests.</summary>
    Rate,

    /// <summary>The 99th percentile of latency.</summary>
    Percentile,

    /// <summary>A mean over units.</summary>
    Mean,
}

/// <summary>What gates can be put on.</summary>
public static class GateMetrics
{
    public const string ErrorRate = "error_rate";
    public const string LatencyAbove = "latency_above";
    public const string LatencyP99 = "latency_p99";
    public const string PredictionMean = "prediction_mean";
    public const string MissingRate = "missing_rate";
    public const string Outcome = "outcome:";
    public const string Custom = "custom:";

    /// <returns>Null: there is no such metric.</returns>
    public static MetricKind? KindOf(string metric) => metric switch
    {
        ErrorRate or LatencyAbove or MissingRate => MetricKind.Rate,
        LatencyP99 => MetricKind.Percentile,
        PredictionMean => MetricKind.Mean,
        _ => new[] { Outcome, Custom }.Any(prefix => metric.StartsWith(prefix, StringComparison.Ordinal) && Names.Check("metric", metric[prefix.Length..]) is null) ? MetricKind.Mean : null,
    };

    public static WorseWhen WorseSideOf(string metric) =>
        metric == PredictionMean ? WorseWhen.Either : metric.StartsWith(Outcome, StringComparison.Ordinal) ? WorseWhen.Lower : WorseWhen.Higher;
}

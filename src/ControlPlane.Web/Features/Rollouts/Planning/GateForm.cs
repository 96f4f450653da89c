using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Domain.Rollouts.Gates;
using Serving.Contracts;

namespace ControlPlane.Web.Features.Rollouts.Planning;

/// <summary>A row of the table of gates.</summary>
public sealed class GateForm
{
    public static readonly IReadOnlyList<(string Key, string Name)> Metrics =
    [
        (GateMetrics.ErrorRate, "Error rate"), (GateMetrics.LatencyAbove, "Requests slower than"), (GateMetrics.LatencyP99, "Latency p99"), (GateMetrics.PredictionMean, "Mean prediction"),
    ];

    /// <summary>What has no field here, kept as it was.</summary>
    private Gate? _from;

    public string Metric { get; set; } = GateMetrics.ErrorRate;

    public bool AgainstStable { get; set; } = true;

    /// <summary>Of <c>latency_above</c>.</summary>
    public string Limit { get; set; } = "250ms";

    /// <summary>In <see cref="Unit"/>.</summary>
    public string Threshold { get; set; } = "20";

    /// <summary>Empty: as many as the gate takes by itself.</summary>
    public string MinSamples { get; set; } = "";

    public bool Pauses { get; set; }

    public bool MayCompare => Metric != GateMetrics.LatencyP99;

    public bool HasLimit => Metric == GateMetrics.LatencyAbove;

    /// <summary>What the threshold is in: after it in the row.</summary>
    public string Unit => (Metric, AgainstStable) switch
    {
        (GateMetrics.LatencyP99, _) => "ms",
        (GateMetrics.PredictionMean, true) => "apart",
        (GateMetrics.PredictionMean, false) => "",
        (_, true) => "% more",
        _ => "%",
    };

    /// <summary>Name of the member that the threshold is, for what is refused of it.</summary>
    public string ThresholdMember => !AgainstStable ? "max" : Metric == GateMetrics.PredictionMean ? "maxDifference" : "maxIncrease";

    public static GateForm Of(Gate gate) => new()
    {
        _from = gate,
        Metric = gate.Metric,
        AgainstStable = gate.AgainstStable,
        Limit = gate.Limit is { } limit ? Durations.Write(limit) : "250ms",
        Threshold = PlanForm.Text(gate switch
        {
            { MaxIncrease: { } increase } => increase * 100,
            { MaxDifference: { } difference } => difference,
            { Max: { } max } when GateMetrics.KindOf(gate.Metric) == MetricKind.Rate => max * 100,
            { Max: { } max } => max,
            _ => 0,
        }),
        MinSamples = gate.MinSamples is { } samples ? PlanForm.Text(samples) : "",
        Pauses = gate.OnBreach == BreachAction.Pause,
    };

    /// <summary>Another metric: what makes no sense for it is put right.</summary>
    public void Choose(string metric)
    {
        var wasPercent = Unit.StartsWith('%');
        Metric = metric;
        AgainstStable = MayCompare && AgainstStable;
        _from = null;
        if (wasPercent != Unit.StartsWith('%'))
            Threshold = metric == GateMetrics.LatencyP99 ? "250" : metric == GateMetrics.PredictionMean ? "0.1" : "20";
    }

    public JsonObject ToDocument()
    {
        var document = new JsonObject { ["metric"] = Metric };
        if (AgainstStable)
            document["against"] = "stable";
        if (HasLimit)
            document["limit"] = Limit.Trim();
        document[ThresholdMember] = Unit switch
        {
            "ms" => $"{Threshold.Trim()}ms",
            ['%', ..] => $"{Threshold.Trim()}%",
            _ => PlanForm.Number(Threshold),
        };
        if (MinSamples.Trim().Length > 0)
            document["minSamples"] = PlanForm.Number(MinSamples);
        document["onBreach"] = Pauses ? "pause" : "rollBack";
        if (_from is { } from)
            Keep(document, from);
        return document;
    }

    private static void Keep(JsonObject document, Gate from)
    {
        document["alpha"] = from.Alpha;
        if (from.RequireNoWorse)
            document["require"] = "noWorse";
        if (from.Worse is { } worse)
            document["worse"] = JsonNamingPolicy.CamelCase.ConvertName(worse.ToString());
        if (from.Harm is { } harm)
            document["harm"] = harm;
    }
}

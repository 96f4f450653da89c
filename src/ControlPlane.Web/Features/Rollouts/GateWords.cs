using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Web.Shared;
using Verdict = ControlPlane.Domain.Rollouts.Gates.Verdict;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>Gates and verdicts in words.</summary>
internal static class GateWords
{
    public static string Name(string gate) => gate switch
    {
        GateMetrics.ErrorRate => "Error rate",
        GateMetrics.LatencyP99 => "Latency p99",
        GateMetrics.MissingRate => "Missing features",
        GateMetrics.PredictionMean => "Mean prediction",
        _ when gate.StartsWith(GateMetrics.LatencyAbove, StringComparison.Ordinal) => $"Requests over {gate[GateMetrics.LatencyAbove.Length..].Trim()}",
        _ => gate,
    };

    public static Mark Of(Verdict verdict) => verdict switch
    {
        Verdict.Better => new("check", "Better", "ok"),
        Verdict.NoWorse => new("check", "No worse", "ok"),
        Verdict.Worse => new("bad", "Worse", "bad"),
        _ => new("unsure", "Not enough evidence", "unsure"),
    };

    public static string Unit(string gate, bool isAgainstStable) => (isAgainstStable, gate) switch
    {
        (true, GateMetrics.PredictionMean) => "candidate − stable",
        (true, _) => "as often as stable",
        (_, GateMetrics.LatencyP99) => "ms, candidate",
        (_, GateMetrics.PredictionMean) => "candidate",
        _ => "of the candidate's requests",
    };

    public static string Value(string gate, double? value, bool isAgainstStable) => (isAgainstStable, gate) switch
    {
        _ when value is not { } number || !double.IsFinite(number) => "∞",
        (true, GateMetrics.PredictionMean) or (false, GateMetrics.PredictionMean) => $"{value:0.####}",
        (true, _) => $"{value:0.##} ×",
        (_, GateMetrics.LatencyP99) => Figures.Milliseconds(value),
        _ => $"{Figures.Percent(value!.Value)} %",
    };
}

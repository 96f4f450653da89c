using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Rollouts.Planning;

/// <summary>What a plan would notice and whom it would cost, in words.</summary>
internal static class ForecastWords
{
    /// <returns>A sentence a gate that compares; empty: none does.</returns>
    public static IReadOnlyList<string> Of(RolloutPlan plan, StableTraffic? traffic)
    {
        var gates = plan.Gates.Where(gate => gate.AgainstStable).ToList();
        if (gates.Count == 0)
            return [];
        if (traffic is null)
            return ["Nobody has asked here lately, so nobody can say how long a harm would stay unseen."];
        var seen = traffic.For(plan.Gates);
        var forecast = RampPlanner.Of(plan, seen);
        return [.. gates.Select(gate => forecast.Radii.FirstOrDefault(radius => radius.Gate == gate.Name) is { } radius ? Of(plan, gate, radius, seen.Rates[gate.Name]) : $"{GateWords.Name(gate.Name)}: not measured here yet.")];
    }

    /// <returns>A sentence for each step that would end without the requests it asks for, at the traffic there is now.</returns>
    public static IReadOnlyList<string> TooShort(RolloutPlan plan, StableTraffic? traffic)
    {
        var asked = plan.Gates.Where(gate => gate.AgainstStable).Select(gate => gate.Samples).DefaultIfEmpty(0).Max();
        var number = 0;
        var said = new List<string>();
        foreach (var step in plan.Steps.Where(step => step.Kind != StepKind.Load))
        {
            number++;
            var (needed, fewer) = (Math.Max(asked, step.MinSamples), Math.Min(step.MeasuredShare, 1 - step.MeasuredShare));
            if (traffic is null || !step.Holds || !(fewer > 0))
                continue;
            var seen = traffic.PerSecond * fewer * step.Hold.TotalSeconds;
            if (seen < needed)
                said.Add($"Step {number} would see about {Figures.Plural((long)seen, "request")} of the smaller arm in {Figures.Duration(step.Hold)}, {Figures.Count(needed)} are asked for: it would pause as inconclusive. Hold it for {Figures.Duration(TimeSpan.FromSeconds(Math.Ceiling(needed / (traffic.PerSecond * fewer) / 60) * 60))}.");
        }

        return said;
    }

    private static string Of(RolloutPlan plan, Gate gate, BlastRadius radius, double now) => radius switch
    {
        { After: { } after } => $"{Harm(gate, now)} is expected to go back after {Figures.Duration(after)}, at {plan.Steps[radius.Step].Weight / 100d:0.##} %: {Figures.Plural(radius.Requests, "request")} answered by it until then.",
        _ => $"{Harm(gate, now)} would most likely not be seen before all traffic is moved. Hold the steps longer.",
    };

    private static string Harm(Gate gate, double now) => gate.Metric switch
    {
        GateMetrics.ErrorRate => $"A version that fails {gate.HarmToFind:0.#} times as often as now ({Figures.Percent(now)} %)",
        GateMetrics.LatencyAbove => $"A version with {gate.HarmToFind:0.#} times as many requests over {Figures.Milliseconds(gate.Limit?.TotalMilliseconds)} ms as now ({Figures.Percent(now)} %)",
        _ => $"A version whose mean prediction differs by {gate.HarmToFind:0.####}",
    };
}

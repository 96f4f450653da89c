using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Domain.Statistics;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What an endpoint sees now.</summary>
/// <param name="RequestsPerSecond">Above 0.</param>
/// <param name="Rates">Rates: the stable arm's share of failures by gate name, 0 to 1. Means: standard deviation. Missing: unknown.</param>
/// <param name="ActiveUnits">Distinct units in a day; null: unknown.</param>
public sealed record Traffic(double RequestsPerSecond, IReadOnlyDictionary<string, double> Rates, long? ActiveUnits = null);

/// <summary>What one gate can see in one step.</summary>
/// <param name="Requests">Of both arms, until the harm is expected to show, were this step held on and on; ∞: never.</param>
/// <param name="Time">The same as time.</param>
/// <param name="Progress">What the plan has gathered by the end of the step, 1 = enough to find the harm.</param>
public sealed record GateForecast(string Gate, int Step, double Requests, TimeSpan? Time, double Progress);

/// <summary>Who meets a harmful release before it goes back.</summary>
/// <param name="After">Expected time from the start until the gate goes off; null: it does not before all traffic is moved.</param>
/// <param name="Step">The step under way then.</param>
/// <param name="Requests">Answered by the new release until then.</param>
/// <param name="Users">Units that meet it; null: unknown.</param>
public sealed record BlastRadius(string Gate, TimeSpan? After, int Step, long Requests, long? Users);

public sealed record RampForecast(IReadOnlyList<GateForecast> Gates, IReadOnlyList<BlastRadius> Radii, IReadOnlyList<string> Warnings)
{
    /// <summary>The plan cannot find what it says has to be found; null: it can, or names no harm.</summary>
    public Refusal? Refusal { get; init; }
}

/// <summary>How long each step needs, from the traffic there is, the base rate and the harm that has to be found.</summary>
/// <remarks>
/// Each failure speaks for the harm by KL(q(harm) ‖ q(margin)) on average, so a step adds requests × failures a request × that; the test is expected to go off
/// when the sum reaches ln(1/α) + 1. Evidence on rates adds up over the steps, that on means begins anew with each.
/// </remarks>
public static class RampPlanner
{
    public static RampForecast Of(RolloutPlan plan, Traffic traffic)
    {
        var forecasts = new List<GateForecast>();
        var radii = new List<BlastRadius>();
        var warnings = new List<string>();
        Refusal? refusal = null;
        for (var i = 0; i < plan.Gates.Count; i++)
        {
            var gate = plan.Gates[i];
            if (!gate.AgainstStable)
                continue;
            if (!traffic.Rates.TryGetValue(gate.Name, out var rate) || !(rate > 0) || !(traffic.RequestsPerSecond > 0))
            {
                warnings.Add($"{gate.Name}: without measurements of the stable release nobody can say how long a harm would stay unseen.");
                continue;
            }

            var steps = Steps(plan, gate, traffic, rate);
            forecasts.AddRange(steps.Select(step => step.Forecast));
            radii.Add(Radius(gate, steps, traffic));
            if (steps.Count > 0 && steps[^1].Forecast.Progress < 1)
            {
                var says = $"{gate.Name}: the plan is expected to gather {steps[^1].Forecast.Progress:0%} of what it takes to find {Harm(gate)} before all traffic is moved. Hold longer: {Advice(steps)}.";
                warnings.Add(says);
                // Only who names a harm has said that it has to be found.
                refusal ??= gate.Harm is null ? null : new Refusal("HarmNotDetectable", says, RefusalKind.Invalid, $"rollout.gates[{i}].harm");
            }
        }

        return new(forecasts, radii, warnings) { Refusal = refusal };
    }

    private sealed record Timed(RolloutStep Step, GateForecast Forecast, double Requests, double Before);

    private static List<Timed> Steps(RolloutPlan plan, Gate gate, Traffic traffic, double rate)
    {
        var steps = new List<Timed>();
        double progress = 0;
        for (var i = 0; i < plan.Steps.Count; i++)
        {
            var step = plan.Steps[i];
            var share = step.MeasuredShare;
            if (!step.Holds || share is <= 0 or >= 1)
                continue;
            var isMean = GateMetrics.KindOf(gate.Metric) == MetricKind.Mean;
            var needed = isMean ? ForMean(gate, plan, share, rate) : RelativeRisk.RequestsNeeded(gate.HarmToFind, gate.Margin, share, gate.Alpha, rate);
            var perSecond = traffic.RequestsPerSecond * (step.Mirror > 0 ? 1 + step.Mirror / 10_000.0 : 1);
            // A step that waits for samples takes at least as long as these take.
            var requests = Math.Max(step.Hold.TotalSeconds * perSecond, Math.Max(step.MinSamples, gate.Samples) / Math.Min(share, 1 - share));
            var before = isMean ? 0 : progress;
            progress = isMean ? Math.Max(progress, requests / needed) : progress + requests / needed;
            var seconds = needed / perSecond;
            steps.Add(new(step, new(gate.Name, i, needed, seconds < 1e9 ? TimeSpan.FromSeconds(seconds) : null, progress), requests, before));
        }

        return steps;
    }

    /// <summary>Requests until the interval is narrow enough to lie beyond what is accepted.</summary>
    private static double ForMean(Gate gate, RolloutPlan plan, double share, double deviation)
    {
        var room = gate.HarmToFind - gate.MaxDifference!.Value;
        if (!(room > 0))
            return double.PositiveInfinity;
        var alpha = gate.Alpha / Math.Max(1, plan.Steps.Count(step => step.Holds));
        var (low, high) = (1.0, 1e15);
        for (var i = 0; i < 100; i++)
        {
            var middle = Math.Sqrt(low * high);
            var error = deviation * Math.Sqrt(1 / (share * middle) + 1 / ((1 - share) * middle));
            var half = gate.WorseSide == WorseWhen.Either ? ConfidenceSequence.HalfWidth(error, middle, alpha) : ConfidenceSequence.OneSidedWidth(error, middle, alpha);
            if (half > room)
                low = middle;
            else
                high = middle;
        }

        return high > 9e14 ? double.PositiveInfinity : high;
    }

    private static BlastRadius Radius(Gate gate, List<Timed> steps, Traffic traffic)
    {
        var (seconds, exposed, most) = (0.0, 0.0, 0.0);
        foreach (var (step, forecast, requests, before) in steps)
        {
            var isFound = forecast.Progress >= 1;
            var needed = isFound ? (1 - before) * forecast.Requests : requests;
            var perSecond = traffic.RequestsPerSecond * (step.Mirror > 0 ? 1 + step.Mirror / 10_000.0 : 1);
            seconds += needed / perSecond;
            exposed += needed * step.Weight / RolloutPlan.Everything;
            most = Math.Max(most, (double)step.Weight / RolloutPlan.Everything);
            if (isFound)
                return new(gate.Name, TimeSpan.FromSeconds(seconds), forecast.Step, (long)Math.Ceiling(exposed), Users(traffic, most, exposed));
        }

        return new(gate.Name, null, -1, (long)Math.Ceiling(exposed), traffic.ActiveUnits);
    }

    /// <summary>Units stay where they are: at most the share of all of them, and at most one a request.</summary>
    private static long? Users(Traffic traffic, double share, double requests) =>
        traffic.ActiveUnits is { } units ? (long)Math.Ceiling(Math.Min(units * share, requests)) : null;

    private static string Harm(Gate gate) => GateMetrics.KindOf(gate.Metric) == MetricKind.Mean ? $"a difference of {gate.HarmToFind:0.####}" : $"{gate.HarmToFind:0.##} times as many failures";

    private static string Advice(List<Timed> steps) => string.Join(", ", steps.Select(step =>
        $"step {step.Forecast.Step} at {(step.Step.Mirror > 0 ? step.Step.Mirror : step.Step.Weight) / 100.0:0.##} % needs {(step.Forecast.Time is { } time ? $"{time.TotalHours:0.#} h" : "for ever")}"));
}

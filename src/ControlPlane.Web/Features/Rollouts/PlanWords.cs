using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>A plan in one sentence.</summary>
internal static class PlanWords
{
    /// <returns>What follows "v3 to v4".</returns>
    public static string Of(RolloutPlan plan)
    {
        var steps = plan.Steps.Where(step => step.Kind != StepKind.Load).ToList();
        var holds = steps.Where(step => step.Holds).Select(step => step.Hold).ToList();
        var how = steps switch
        {
            [{ Kind: StepKind.Shift, Weight: RolloutPlan.Everything }] => "in one revision, once every node holds it",
            [{ Kind: StepKind.Mirror } only] => $"as a shadow of {Share(only.Mirror)} of the requests; no caller sees its answers",
            _ => $"in {steps.Count} steps: {string.Join(", ", steps.Select(step => step.Kind == StepKind.Mirror ? $"shadow of {Share(step.Mirror)}" : Share(step.Weight)))}",
        };
        var time = holds.Count == 0 ? "" : holds.Distinct().Count() == 1 ? $", {Figures.Duration(holds[0])} each" : $", {Figures.Duration(holds.Aggregate(TimeSpan.Zero, (sum, hold) => sum + hold))} in all";
        var keep = plan.KeepFor is { } kept ? $" What serves now stays in memory for {Figures.Duration(kept)}." : "";
        return $"{how}{time}.{Gates(plan.Gates)}{keep}";
    }

    private static string Gates(IReadOnlyList<Gate> gates) => gates.Count == 0
        ? ""
        : $" Goes back by itself when {string.Join(" or ", gates.Select(Gate))}.";

    private static string Gate(Gate gate)
    {
        var metric = gate.Metric switch
        {
            GateMetrics.ErrorRate => "errors",
            GateMetrics.LatencyP99 => "p99",
            GateMetrics.MissingRate => "missing features",
            GateMetrics.LatencyAbove => $"requests over {Figures.Duration(gate.Limit ?? TimeSpan.Zero)}",
            GateMetrics.PredictionMean => "the mean prediction",
            _ => gate.Metric,
        };
        return gate switch
        {
            { MaxIncrease: { } increase } => $"{metric} rise by more than {Figures.Percent(increase)} %",
            { MaxDifference: { } difference } => $"{metric} differs by more than {difference:0.####}",
            { Metric: GateMetrics.LatencyP99, Max: { } most } => $"{metric} passes {most:0.#} ms",
            { Max: { } most } => $"{metric} passes {most:0.####}",
            _ => $"{metric} get worse",
        };
    }

    private static string Share(int points) => $"{points / 100d:0.##} %";
}

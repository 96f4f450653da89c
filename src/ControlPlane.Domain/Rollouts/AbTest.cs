using ControlPlane.Domain.Experiments;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Rollouts;

/// <summary>Fixed shares until a verdict; afterwards all traffic is where it was.</summary>
public static class AbTest
{
    /// <param name="weight">Share of B, basis points, 1 to 9 999.</param>
    public static RolloutPlan Plan(bool needsApproval, ExperimentPlan experiment, int weight = RolloutPlan.Everything / 2, TimeSpan? hold = null, IReadOnlyList<Gate>? gates = null)
    {
        var holds = hold is { } asked && asked > experiment.MinimumDuration ? asked : experiment.MinimumDuration;
        return new(Strategies.Ab, Canary.Loaded([new(StepKind.Shift, weight) { Hold = holds }]), needsApproval)
        {
            Gates = gates ?? [], Experiment = experiment, WaitsForSilentNodes = true,
        };
    }
}

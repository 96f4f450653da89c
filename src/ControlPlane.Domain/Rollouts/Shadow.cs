using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Rollouts;

/// <summary>The release gets copies of requests and is compared; no caller sees its answers.</summary>
public static class Shadow
{
    /// <param name="rate">Share of requests copied, basis points, 1 to 10 000.</param>
    public static RolloutPlan Plan(bool needsApproval, int rate = RolloutPlan.Everything, TimeSpan? hold = null, IReadOnlyList<Gate>? gates = null) =>
        new(Strategies.Shadow, Canary.Loaded([new(StepKind.Mirror, 0) { Mirror = rate, Hold = hold ?? Canary.DefaultHold }]), needsApproval) { Gates = gates ?? [], WaitsForSilentNodes = true };
}

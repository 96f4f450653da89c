namespace ControlPlane.Domain.Rollouts;

/// <summary>Load and prove on every node, then switch in one revision, and keep the old one warm for the instant way back.</summary>
public static class BlueGreen
{
    public static RolloutPlan Plan(bool needsApproval, TimeSpan? keep = null) =>
        new(Strategies.BlueGreen, [new(StepKind.Load, 0), new(StepKind.Shift, RolloutPlan.Everything)], needsApproval, keep ?? TimeSpan.FromHours(24)) { WaitsForSilentNodes = true };
}

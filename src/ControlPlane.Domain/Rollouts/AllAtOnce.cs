namespace ControlPlane.Domain.Rollouts;

/// <summary>Load everywhere, then switch in one revision.</summary>
public static class AllAtOnce
{
    private static readonly TimeSpan _keepFor = TimeSpan.FromMinutes(10);

    public static RolloutPlan Plan(bool needsApproval) =>
        new(Strategies.AllAtOnce, [new(StepKind.Load, 0), new(StepKind.Shift, 10_000)], needsApproval, _keepFor);
}

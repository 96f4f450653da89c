namespace ControlPlane.Domain.Rollouts;

/// <summary>Back to an earlier release: at once when the nodes still hold it, else after it was loaded. Never needs approval.</summary>
public static class Rollback
{
    /// <param name="isWarm">Every reachable node holds the release in memory.</param>
    public static RolloutPlan Plan(bool isWarm) =>
        new(Strategies.Rollback, isWarm ? [new(StepKind.Shift, 10_000)] : [new(StepKind.Load, 0), new(StepKind.Shift, 10_000)]);
}

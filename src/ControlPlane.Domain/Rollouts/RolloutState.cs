namespace ControlPlane.Domain.Rollouts;

/// <summary>Where a rollout is.</summary>
/// <param name="Step">Index of the step under way; -1 before the start.</param>
/// <param name="Weight">Share of traffic the new release is asked to take, basis points.</param>
/// <param name="Reason">Why it is paused, going back or ended.</param>
/// <param name="Cause">While it goes back: how it will end.</param>
public sealed record RolloutState(
    RolloutPhase Phase, int Attempt, int Step, int Weight, DateTimeOffset EnteredAt, string? Reason = null, RolloutPhase? Cause = null)
{
    public static RolloutState Draft(int attempt, DateTimeOffset at) => new(RolloutPhase.Draft, attempt, -1, 0, at);

    public bool IsOver => Phase is RolloutPhase.Completed or RolloutPhase.Aborted or RolloutPhase.RolledBack or RolloutPhase.Superseded;

    /// <summary>Traffic or memory of the nodes depends on it.</summary>
    public bool IsUnderWay => Phase is RolloutPhase.Progressing or RolloutPhase.Paused or RolloutPhase.Inconclusive or RolloutPhase.RollingBack;
}

public enum RolloutPhase
{
    Draft,
    AwaitingApproval,
    Ready,
    Progressing,
    Paused,
    Inconclusive,
    RollingBack,
    Completed,
    Aborted,
    RolledBack,
    Superseded,
}

namespace ControlPlane.Domain.Rollouts;

/// <summary>What may happen to a rollout. Each carries its time.</summary>
public abstract record RolloutEvent(DateTimeOffset At)
{
    /// <summary>A person asks for one of <see cref="RolloutAction"/>.</summary>
    public sealed record Asked(RolloutAction Action, string Reason, DateTimeOffset At) : RolloutEvent(At);

    /// <summary>The nodes were looked at.</summary>
    public sealed record Ticked(StepFacts Facts, DateTimeOffset At) : RolloutEvent(At);

    /// <summary>Another rollout of the endpoint took its place.</summary>
    public sealed record TakenOver(string By, DateTimeOffset At) : RolloutEvent(At);
}

/// <summary>What the reachable nodes of the pool say.</summary>
/// <param name="Reachable">How many there are.</param>
/// <param name="Warm">How many hold the new release in memory.</param>
/// <param name="Acknowledged">How many have applied the newest revision.</param>
/// <param name="Refused">What nodes say that refused the new release or the newest revision: "node-3: DigestMismatch …".</param>
public sealed record StepFacts(int Reachable, int Warm, int Acknowledged, IReadOnlyList<string> Refused);

/// <summary>What a person may do.</summary>
public enum RolloutAction
{
    Submit,
    Approve,
    Reject,
    Start,
    Pause,
    Resume,
    Advance,
    Promote,
    Abort,
    Retry,
}

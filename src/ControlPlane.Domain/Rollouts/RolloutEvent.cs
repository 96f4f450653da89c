using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What may happen to a rollout. Each carries its time.</summary>
public abstract record RolloutEvent(DateTimeOffset At)
{
    /// <summary>A person asks for one of <see cref="RolloutAction"/>.</summary>
    public sealed record Asked(RolloutAction Action, string Reason, DateTimeOffset At) : RolloutEvent(At)
    {
        /// <summary>Of an approval: the plan that was looked at (<see cref="PlanHash"/>); null: the present one.</summary>
        public string? PlanHash { get; init; }

        /// <summary>Of <see cref="RolloutAction.ExcludeNode"/>: which.</summary>
        public string? Node { get; init; }

        /// <summary>False: automation asks, to which the cool-down applies.</summary>
        public bool IsByPerson { get; init; } = true;
    }

    /// <summary>Nodes and measurements were looked at.</summary>
    /// <param name="Evaluation">The gates; null: they were not evaluated, and nothing that rests on them happens.</param>
    public sealed record Ticked(StepFacts Facts, DateTimeOffset At, Evaluation? Evaluation = null) : RolloutEvent(At)
    {
        /// <summary>The attempt and step that the look was meant for; it came too late when they are over. Null: whichever is under way.</summary>
        public (int Attempt, int Step)? Expected { get; init; }

        /// <summary>What a hold is counted in.</summary>
        public GateWindow Window { get; init; } = GateWindow.Default;
    }

    /// <summary>Another rollout of the endpoint took its place.</summary>
    public sealed record TakenOver(string By, DateTimeOffset At) : RolloutEvent(At);
}

/// <summary>What the nodes of the pool say.</summary>
/// <param name="Reachable">How many there are.</param>
/// <param name="Warm">How many hold the new release in memory.</param>
/// <param name="Acknowledged">How many have applied the newest revision.</param>
/// <param name="Refused">What nodes say that refused the new release or the newest revision: "node-3: DigestMismatch …".</param>
public sealed record StepFacts(int Reachable, int Warm, int Acknowledged, IReadOnlyList<string> Refused)
{
    /// <summary>Names of the nodes that should be there and do not answer.</summary>
    public IReadOnlyList<string> Silent { get; init; } = [];
}

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

    /// <summary>The plan was replaced.</summary>
    Edit,
    Delete,

    /// <summary>Go on without a node that does not answer.</summary>
    ExcludeNode,

    /// <summary>End a way back for which some nodes do not answer.</summary>
    Force,

    /// <summary>After completion: begins a rollout of its own.</summary>
    RollBack,
}

namespace ControlPlane.Domain.Rollouts;

/// <param name="Action">Verb for the decision log; null: nothing happened that anyone has to hear of, though the state may carry more than before.</param>
/// <param name="ChangesDesiredState">A new revision is due, in the same transaction.</param>
public sealed record Transition(RolloutState State, string? Action, string Reason, bool ChangesDesiredState)
{
    /// <summary>What is done after the transaction, at least once each.</summary>
    public IReadOnlyList<RolloutEffect> Effects { get; init; } = [];

    /// <summary>Windows the decision rests on; null: none.</summary>
    public EvidenceWindows? Evidence { get; init; }
}

/// <summary>Rows from one window to another, both included, of one step.</summary>
public sealed record EvidenceWindows(int Step, long? From, long Through, long StableSamples, long CandidateSamples);

/// <summary>What follows from a transition besides traffic, which is derived from the state.</summary>
public abstract record RolloutEffect
{
    /// <summary>Someone has to hear of it: approvers, the author, who watches.</summary>
    public sealed record Notify(Notice About) : RolloutEffect;

    /// <summary>Look at the step again; a look that comes late or twice does no harm.</summary>
    public sealed record TickAfter(TimeSpan Wait, int Attempt, int Step) : RolloutEffect;

    /// <summary>The evidence goes on from the present watermark (<see cref="Gates.Judge.BeginAnew"/>).</summary>
    public sealed record JudgeAnew : RolloutEffect;
}

public enum Notice
{
    ApprovalNeeded,
    ApprovalVoided,
    Inconclusive,
    RollingBack,
    Ended,
}

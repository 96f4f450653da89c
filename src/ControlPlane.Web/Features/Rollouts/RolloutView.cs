namespace ControlPlane.Web.Features.Rollouts;

/// <summary>A rollout as its page shows it.</summary>
/// <param name="Detail">What belongs to the state: the step, who paused, the reason.</param>
/// <param name="MayAbort">By the table of states.</param>
public sealed record RolloutView(
    int Number,
    string Environment,
    string Endpoint,
    string Model,
    string Strategy,
    string Phase,
    string? Detail,
    int Attempt,
    string? FromVersion,
    string ToVersion,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    bool MayAbort,
    Guid Id,
    long Revision,
    IReadOnlyList<RolloutNodeRow> Nodes,
    IReadOnlyList<DecisionRow> Decisions)
{
    public bool IsOver => Phase is "Completed" or "Aborted" or "RolledBack" or "Superseded";
}

/// <param name="HoldsNew">serving, warm or loading; null: not in memory.</param>
public sealed record RolloutNodeRow(string Name, bool IsLive, long AppliedRevision, string? HoldsNew, string? RejectedReason, string? RejectedDetail, DateTimeOffset? LastSeen);

public sealed record DecisionRow(int Sequence, DateTimeOffset At, string Action, string Actor, string? Reason, string? Evidence, int? Step);

using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>A rollout as its page shows it.</summary>
/// <param name="Detail">What belongs to the state: the step, who paused, the reason.</param>
/// <param name="Allowed">Actions by the table of states.</param>
/// <param name="Change">The plan in one sentence, after "v3 to v4".</param>
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
    DateTimeOffset Since,
    IReadOnlyList<RolloutAction> Allowed,
    string Change,
    bool IsProtected,
    IReadOnlyList<ApprovalRow> Approvals,
    IReadOnlyList<StepView> Steps,
    IReadOnlyList<GateRow> Gates,
    string? Missing,
    Guid Id,
    long Revision,
    IReadOnlyList<RolloutNodeRow> Nodes,
    IReadOnlyList<DecisionRow> Decisions)
{
    public bool MayAbort => Allowed.Contains(RolloutAction.Abort);

    public bool IsOver => Phase is "Completed" or "Aborted" or "RolledBack" or "Superseded";
}

/// <param name="HoldsNew">serving, warm or loading; null: not in memory.</param>
public sealed record RolloutNodeRow(string Name, bool IsLive, long AppliedRevision, string? HoldsNew, string? RejectedReason, string? RejectedDetail, DateTimeOffset? LastSeen);

public sealed record DecisionRow(int Sequence, DateTimeOffset At, string Action, string Actor, string? Reason, string? Evidence, int? Step);

/// <param name="WhyVoid">Why it counts no more; null: it does.</param>
public sealed record ApprovalRow(string By, DateTimeOffset At, DateTimeOffset Until, string? Comment, bool IsAlone, string? WhyVoid);

public sealed record GateRow(Reading Reading, bool IsAgainstStable);

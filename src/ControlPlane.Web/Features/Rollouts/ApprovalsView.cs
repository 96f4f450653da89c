namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What somebody has to decide, and on what grounds.</summary>
/// <param name="IsRecent">The last proof of who it is counts for approvals.</param>
/// <param name="Alone">Approvals that were given alone in the last seven days, newest first.</param>
public sealed record ApprovalsView(bool IsRecent, IReadOnlyList<ApprovalRequest> ForMe, IReadOnlyList<ApprovalRequest> Others, IReadOnlyList<GivenAlone> Alone);

/// <param name="Change">The plan in one sentence, after "v3 to v4".</param>
/// <param name="Plan">The plan as JSON, for what changed since it was looked at.</param>
/// <param name="WhyNot">Why the person who looks may not approve it; null: may.</param>
/// <param name="Step">Of a rollout under way: the step that is asked for; null: it is to start.</param>
public sealed record ApprovalRequest(
    int Number,
    string Environment,
    string Endpoint,
    string Model,
    string AskedBy,
    DateTimeOffset AskedAt,
    string? FromVersion,
    string ToVersion,
    string Change,
    string PlanHash,
    string Plan,
    string Difference,
    IReadOnlyList<string> Metrics,
    string? LastRollout,
    IReadOnlyList<Preflight> Checks,
    IReadOnlyList<string> Approvers,
    string? WhyNot,
    bool IsMine,
    int? Step)
{
    /// <summary>Whom a bad version would cost, a sentence a gate that compares.</summary>
    public IReadOnlyList<string> Exposure { get; init; } = [];

    public bool IsClear => Checks.All(check => check.Passes);
}

public sealed record GivenAlone(int Rollout, string By, DateTimeOffset At, string Reason);

using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Rollouts;

/// <summary>Who may say yes to a rollout, and what that yes is still worth when it starts.</summary>
public static class FourEyes
{
    public static readonly TimeSpan ValidFor = TimeSpan.FromDays(7);

    /// <returns>Null: the person had no hand in the plan.</returns>
    public static Refusal? WhyNotApprove(Rollout rollout, string approver) => rollout.IsAuthor(approver)
        ? new Refusal("SelfApproval", "You wrote or edited this plan, so another person has to approve it. Nothing was changed; traffic stays where it is.", RefusalKind.Forbidden)
        : null;

    /// <param name="given">Approvals of this rollout, in the order in which they were given.</param>
    /// <param name="artifact">Digest that the release has now.</param>
    /// <param name="isEntitled">Whether a person may approve in this environment now.</param>
    /// <returns>Null: it may start.</returns>
    public static Refusal? WhyNotStart(Rollout rollout, IEnumerable<Approval> given, string artifact, Func<string, bool> isEntitled, DateTimeOffset at)
    {
        if (!rollout.Plan.NeedsApproval)
            return null;
        if (given.LastOrDefault(approval => approval.RolloutId == rollout.Id && approval.Attempt == rollout.State.Attempt && approval.Step == 0) is not { } approval)
            return No("ApprovalMissing", "Nobody has approved this attempt.");
        if (approval.PlanHash != PlanHash.Of(rollout.Plan))
            return No("ApprovalStale", $"The plan that {approval.Approver} approved is another one than this.");
        if (approval.Artifact != artifact)
            return No("ApprovalStale", $"{approval.Approver} approved {approval.Artifact}, and the release now holds {artifact}.");
        if (at >= approval.Until)
            return No("ApprovalExpired", $"The approval by {approval.Approver} was valid until {approval.Until.UtcDateTime:yyyy-MM-dd HH:mm} UTC.");
        if (approval.IsBreakGlass)
            return null;
        if (rollout.IsAuthor(approval.Approver))
            return No("ApprovalStale", $"{approval.Approver} has edited the plan since.");
        return isEntitled(approval.Approver) ? null : No("ApproverNoLongerEntitled", $"{approval.Approver} approved it and may not approve rollouts any more.");
    }

    private static Refusal No(string code, string message) =>
        new(code, $"{message} Nothing was started; traffic stays where it is. Save the plan again to ask for another approval.");
}

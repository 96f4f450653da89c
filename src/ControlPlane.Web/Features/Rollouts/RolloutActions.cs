using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What pages do with rollouts, in the name of the person who looks. Each gives null, or why it was refused.</summary>
internal sealed class RolloutActions(RolloutCommands commands, PlanCommands plans, Act act)
{
    /// <returns>The rollout as it was written, or why it was not.</returns>
    public Task<(Rollout? Rollout, string? Refused)> DraftAsync(string environment, string endpoint, PlanOrder order, CancellationToken cancel) =>
        act.DoAsync(actor => plans.DraftAsync(environment, endpoint, order, actor, cancel));

    /// <param name="seenStamp">Of what was edited: what somebody else wrote meanwhile is not overwritten.</param>
    public Task<(Rollout? Rollout, string? Refused)> EditAsync(int number, PlanOrder order, long seenStamp, CancellationToken cancel) =>
        act.DoAsync(actor => plans.EditAsync(number, order, seenStamp, actor, cancel));


    public async Task<string?> DoAsync(int number, RolloutAction action, string reason, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.ActAsync(number, new RolloutOrder(action, reason), actor, cancel))).Refused;

    /// <param name="planHash">Of the plan that was looked at.</param>
    public async Task<string?> ApproveAsync(int number, string comment, string? planHash, bool isBreakGlass, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.ActAsync(number, new RolloutOrder(RolloutAction.Approve, comment) { PlanHash = planHash, IsBreakGlass = isBreakGlass }, actor, cancel))).Refused;
}

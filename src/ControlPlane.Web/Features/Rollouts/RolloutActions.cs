using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What pages do with rollouts, in the name of the person who looks. Each gives null, or why it was refused.</summary>
internal sealed class RolloutActions(RolloutCommands commands, Act act)
{
    public async Task<string?> DoAsync(int number, RolloutAction action, string reason, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.ActAsync(number, new RolloutOrder(action, reason), actor, cancel))).Refused;

    /// <param name="planHash">Of the plan that was looked at.</param>
    public async Task<string?> ApproveAsync(int number, string comment, string? planHash, bool isBreakGlass, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.ActAsync(number, new RolloutOrder(RolloutAction.Approve, comment) { PlanHash = planHash, IsBreakGlass = isBreakGlass }, actor, cancel))).Refused;
}

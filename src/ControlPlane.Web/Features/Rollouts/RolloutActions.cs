using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What the page of a rollout does, in the name of the person who looks.</summary>
internal sealed class RolloutActions(RolloutCommands commands, Act act)
{
    /// <returns>Null, or why it was refused.</returns>
    public async Task<string?> AbortAsync(int number, string reason, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.ActAsync(number, RolloutAction.Abort, reason, seenStamp: null, actor, cancel))).Refused;
}

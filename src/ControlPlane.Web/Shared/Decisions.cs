using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Rollouts;

namespace ControlPlane.Web.Shared;

/// <summary>What waits for the person of this circuit to decide. Scoped.</summary>
internal sealed partial class Decisions(Standing standing, ServingNow serving, ILogger<Decisions> logger)
{
    /// <returns>How many rollouts this person may approve; 0 where it cannot be told now, since the frame of a page stands without it.</returns>
    public async Task<int> CountAsync(CancellationToken cancel)
    {
        try
        {
            var me = await standing.ReadAsync(cancel);
            if (me.Role is null)
                return 0;
            var now = await serving.ReadAsync(cancel);
            return Awaiting(now).Count(rollout => WhyNot(me, now, rollout) is null);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogUnknown(failure.Message);
            return 0;
        }
    }

    public static IEnumerable<Rollout> Awaiting(ServingSnapshot now) =>
        now.Waiting.Concat(now.Rollouts.Values).Where(rollout => rollout.Phase == RolloutPhase.AwaitingApproval).DistinctBy(rollout => rollout.Id).OrderBy(rollout => rollout.Number);

    /// <returns>Null: this person may approve it.</returns>
    public static string? WhyNot(MayDo me, ServingSnapshot now, Rollout rollout) =>
        me.WhyNot(Permission.Approve, rollout.Environment, now.Environments.GetValueOrDefault(rollout.Environment)?.IsProtected == true)
        ?? FourEyes.WhyNotApprove(rollout, me.Name)?.Message;

    [LoggerMessage(LogLevel.Warning, "What waits for a decision could not be counted: {Reason}")]
    private partial void LogUnknown(string reason);
}

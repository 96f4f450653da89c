using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What a person can do with a rollout: the verbs of <see cref="RolloutAction"/>.</summary>
internal sealed class RolloutCommands(IDbContextFactory<ControlPlaneDb> factory, Wakes wakes, LiveFeed feed, TimeProvider time)
{
    /// <param name="seenStamp">The rollout's stamp as the person saw it; null: not asked.</param>
    public async Task<Outcome<RolloutState>> ActAsync(int number, RolloutAction action, string reason, long? seenStamp, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<RolloutState>(async db =>
        {
            var now = time.GetUtcNow();
            var rollout = await db.Rollouts.SingleOrDefaultAsync(known => known.Number == number, cancel);
            if (rollout is null)
                return Refusal.NotFound("rollout", $"#{number}");
            if (seenStamp is not null && seenStamp != rollout.Stamp)
                return Refusal.Stale($"Rollout #{number}");
            if (action == RolloutAction.Start && await db.Rollouts.FirstOrDefaultAsync(other => other.EndpointId == rollout.EndpointId && other.IsOpen && other.Number != number
                    && (other.Phase == RolloutPhase.Progressing || other.Phase == RolloutPhase.Paused || other.Phase == RolloutPhase.Inconclusive || other.Phase == RolloutPhase.RollingBack), cancel) is { } underWay)
            {
                return new Refusal("AnotherRolloutUnderWay", $"Rollout #{underWay.Number} of {rollout.Environment}/{rollout.EndpointName} is under way. Abort it or wait for its end, then start this one.");
            }

            if (!RolloutMachine.Next(rollout.Plan, rollout.State, new RolloutEvent.Asked(action, reason, now)).TryGet(out var transition, out var refusal))
                return refusal;

            if (rollout.Move(transition, actor.Name, now) is { } decision)
                db.Decisions.Add(decision);
            db.Audit(actor, $"rollout.{transition.Action}", $"rollout/{number}", now, reason);
            if (transition.ChangesDesiredState)
                await db.PublishAsync(rollout.Environment, actor, $"#{number}: {transition.Action}", now, cancel);
            return rollout.State;
        }, cancel);
        wakes.Wake(EffectRunner.Loop);
        wakes.Wake(NodeReports.RolloutLoop);
        feed.Publish(LiveTopics.Rollouts);
        feed.Publish(LiveTopics.Endpoints);
        return outcome;
    }
}

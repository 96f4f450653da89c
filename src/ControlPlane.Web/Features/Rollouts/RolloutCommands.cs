using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Data.Releases;
using ControlPlane.Data.Rollouts;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What a person can do with a rollout that exists: the verbs of <see cref="RolloutAction"/>.</summary>
internal sealed class RolloutCommands(IDbContextFactory<ControlPlaneDb> factory, GateLooks looks, Wakes wakes, LiveFeed feed, TimeProvider time)
{
    /// <returns>The rollout as it is afterwards; of a deleted one, as it was.</returns>
    public async Task<Outcome<Rollout>> ActAsync(int number, RolloutOrder order, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<Rollout>(actor, db => NeedAsync(db, number, order, cancel), time.GetUtcNow(), async db =>
        {
            var rollout = await db.Rollouts.SingleOrDefaultAsync(known => known.Number == number, cancel);
            if (rollout is null)
                return Refusal.NotFound("rollout", $"#{number}");
            if (order.SeenStamp is not null && order.SeenStamp != rollout.Stamp)
                return Refusal.Stale($"Rollout #{number}");
            return await DoAsync(db, rollout, order, actor, cancel) is { } refusal ? refusal : rollout;
        }, cancel);
        if (!outcome.TryGet(out _, out var why))
            await RejectAsync(number, order.Action, why, actor, cancel);
        Changed();
        return outcome;
    }

    /// <summary>Another rollout of the endpoint, which is ready, takes the place of this one: at once, whatever state this one is in.</summary>
    /// <param name="by">Number of the other; null: the only one that is ready.</param>
    /// <returns>The other, which is under way now.</returns>
    public async Task<Outcome<Rollout>> SupersedeAsync(int number, int? by, string reason, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<Rollout>(actor, db => NeedAsync(db, number, new(RolloutAction.Start), cancel), time.GetUtcNow(), async db =>
        {
            var now = time.GetUtcNow();
            var rollout = await db.Rollouts.SingleOrDefaultAsync(known => known.Number == number, cancel);
            if (rollout is null)
                return Refusal.NotFound("rollout", $"#{number}");
            if (!rollout.IsOpen)
                return new Refusal("NotAllowedInThisState", $"Rollout #{number} is {rollout.Phase}; there is nothing to supersede. Start the other one.");
            var ready = await db.Rollouts.Where(known => known.EndpointId == rollout.EndpointId && known.Phase == RolloutPhase.Ready && known.Id != rollout.Id).ToListAsync(cancel);
            if ((by is null && ready.Count == 1 ? ready[0] : ready.SingleOrDefault(known => known.Number == by)) is not { } other)
                return Refusal.Invalid("by", ready.Count == 0 ? $"No other rollout of {rollout.Environment}/{rollout.EndpointName} is Ready." : $"by must name one that is Ready: {string.Join(", ", ready.Select(known => $"#{known.Number}"))}.");

            db.Move(rollout, new RolloutEvent.TakenOver($"#{other.Number}", now), actor);
            await db.SaveChangesAsync(cancel);
            if (await db.StartAsync(other, reason, actor, now, cancel) is { } refusal)
                return refusal;
            db.Audit(actor, "rollout.supersede", $"rollout/{number}", now, $"By #{other.Number}. {reason}".TrimEnd());
            db.Audit(actor, "rollout.start", $"rollout/{other.Number}", now, reason);
            await db.PublishAsync(rollout.Environment, actor, $"#{other.Number}: supersedes #{number}", now, cancel);
            return other;
        }, cancel);
        Changed();
        return outcome;
    }

    private static async Task<Need> NeedAsync(ControlPlaneDb db, int number, RolloutOrder order, CancellationToken cancel) => new(
        order is { Action: RolloutAction.Approve, IsBreakGlass: true } ? Permission.BreakGlass : RolloutRights.Of(order.Action),
        $"rollout/{number}",
        await db.Rollouts.Where(known => known.Number == number).Select(known => known.Environment).SingleOrDefaultAsync(cancel));

    private async Task<Refusal?> DoAsync(ControlPlaneDb db, Rollout rollout, RolloutOrder order, Actor actor, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (order.Action == RolloutAction.Start)
        {
            if (await db.StartAsync(rollout, order.Reason, actor, now, cancel) is { } unstarted)
                return unstarted;
            db.Audit(actor, "rollout.start", $"rollout/{rollout.Number}", now, order.Reason);
            await db.PublishAsync(rollout.Environment, actor, $"#{rollout.Number}: start", now, cancel);
            return null;
        }

        if (StateActions.Refusal(rollout.Phase, order.Action) is { } notNow)
            return notNow;
        if (order.Action == RolloutAction.Approve && await ApproveAsync(db, rollout, order, actor, now, cancel) is { } unapproved)
            return unapproved;
        if (order.Action == RolloutAction.Submit
            && PlanRules.Check(rollout.Plan, await db.SettingAsync(await db.Endpoints.SingleAsync(known => known.Id == rollout.EndpointId, cancel), cancel)) is { } senseless)
        {
            return senseless with { Kind = RefusalKind.NotAllowed };
        }

        var asked = new RolloutEvent.Asked(order.Action, order.Reason, now) { PlanHash = order.PlanHash, Node = order.Node, IsByPerson = actor.Kind == ActorKind.Person };
        if (!db.Move(rollout, asked, actor).TryGet(out var transition, out var refusal))
            return refusal;
        if (transition.Effects.OfType<RolloutEffect.JudgeAnew>().Any())
            await looks.BeginAnewAsync(db, rollout, now, cancel);
        if (order.Action == RolloutAction.Retry)
            rollout.AddAuthor(await db.PersonBehindAsync(actor, cancel));
        db.Audit(actor, order.IsBreakGlass ? "rollout.breakGlass" : $"rollout.{transition.Action}", $"rollout/{rollout.Number}", now, order.Reason);
        if (order.Action == RolloutAction.Delete)
            db.Rollouts.Remove(rollout);

        var changes = transition.ChangesDesiredState;
        if (order.Action == RolloutAction.Approve && rollout is { Phase: RolloutPhase.Ready, Plan.StartsWhenApproved: true })
        {
            await db.TakeOverAsync(rollout, Actor.Automatic, now, cancel);
            await db.SaveChangesAsync(cancel);
            if (await db.StartAsync(rollout, $"Approved by {actor.Name}", Actor.Automatic, now, cancel) is { } unstarted)
                return unstarted;
            changes = true;
        }

        if (changes)
            await db.PublishAsync(rollout.Environment, actor, $"#{rollout.Number}: {transition.Action}", now, cancel);
        return null;
    }

    private static async Task<Refusal?> ApproveAsync(ControlPlaneDb db, Rollout rollout, RolloutOrder order, Actor actor, DateTimeOffset now, CancellationToken cancel)
    {
        if (!actor.IsRecent(now))
        {
            return new Refusal(Permissions.InteractiveApprovalRequired,
                "An approval needs a person who has proved who they are within the last 15 minutes. Nothing was changed. Confirm it in the browser or sign in again, then repeat.", RefusalKind.Forbidden);
        }

        if (order.IsBreakGlass && string.IsNullOrWhiteSpace(order.Reason))
            return Refusal.Invalid("reason", "Approving alone needs a reason; it stands in the audit, marked, and every releaser sees it.");
        if (!order.IsBreakGlass && FourEyes.WhyNotApprove(rollout, actor.Name) is { } own)
            return own;
        db.Approvals.Add(new Approval
        {
            Id = ApprovalId.New(now), RolloutId = rollout.Id, Attempt = rollout.State.Attempt, Step = rollout.State.IsUnderWay ? rollout.State.Pending ?? rollout.State.Step + 1 : 0,
            PlanHash = PlanHash.Of(rollout.Plan), Artifact = await db.ArtifactOfAsync(rollout.ToRelease, cancel), Approver = actor.Name, At = now, Until = now + FourEyes.ValidFor,
            Comment = order.Reason.Length == 0 ? null : order.Reason, IsBreakGlass = order.IsBreakGlass,
        });
        return null;
    }

    /// <summary>Of two who decide at the same instant one comes too late: what both wanted can be read afterwards.</summary>
    private async Task RejectAsync(int number, RolloutAction action, Refusal why, Actor actor, CancellationToken cancel)
    {
        if (why.Kind is not (RefusalKind.NotAllowed or RefusalKind.Stale))
            return;
        await using var db = await factory.CreateDbContextAsync(cancel);
        db.Audit(actor, $"rollout.{StateActions.Verb(action)}", $"rollout/{number}", time.GetUtcNow(), $"{why.Code}: {why.Message}", outcome: "rejected");
        await db.SaveChangesAsync(cancel);
    }

    private void Changed()
    {
        wakes.Wake(EffectRunner.Loop);
        wakes.Wake(NodeReports.RolloutLoop);
        feed.Publish(LiveTopics.Rollouts);
        feed.Publish(LiveTopics.Endpoints);
    }
}

/// <summary>What somebody asks of a rollout.</summary>
/// <param name="SeenStamp">The rollout's stamp as the caller saw it; null: not asked.</param>
internal sealed record RolloutOrder(RolloutAction Action, string Reason = "", long? SeenStamp = null)
{
    /// <summary>Of an approval: the plan that was looked at; null: the present one.</summary>
    public string? PlanHash { get; init; }

    /// <summary>Of an exclusion: which.</summary>
    public string? Node { get; init; }

    /// <summary>Of an approval: alone, in an emergency.</summary>
    public bool IsBreakGlass { get; init; }
}

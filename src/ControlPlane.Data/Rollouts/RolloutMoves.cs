using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data.Rollouts;

/// <summary>What every way to move a rollout shares, within the caller's transaction. Publishing is left to the caller: once, at the end.</summary>
public static class RolloutMoves
{
    /// <summary>Lets the state machine decide, and keeps what it decided.</summary>
    public static Outcome<Transition> Move(this ControlPlaneDb db, Rollout rollout, RolloutEvent happened, Actor actor)
    {
        var next = RolloutMachine.Next(rollout.Plan, rollout.State, happened);
        if (next.TryGet(out var transition, out _) && rollout.Move(transition, actor.Name, happened.At) is { } decision)
            db.Decisions.Add(decision);
        return next;
    }

    /// <summary>A new rollout in Draft. Whoever makes it, or made the token that does, is its author.</summary>
    public static async Task<Rollout> DraftAsync(this ControlPlaneDb db, Endpoint endpoint, string release, RolloutPlan plan, Actor actor, DateTimeOffset at, CancellationToken cancel)
    {
        var number = (await db.Rollouts.MaxAsync(rollout => (int?)rollout.Number, cancel) ?? 0) + 1;
        var rollout = Rollout.Create(number, endpoint, release, plan, actor.Name, at);
        rollout.AddAuthor(await db.PersonBehindAsync(actor, cancel));
        db.Rollouts.Add(rollout);
        return rollout;
    }

    /// <summary>Starts what is ready, if what was approved is still what it is and nothing else is under way.</summary>
    /// <returns>Null: it was started.</returns>
    public static async Task<Refusal?> StartAsync(this ControlPlaneDb db, Rollout rollout, string reason, Actor actor, DateTimeOffset at, CancellationToken cancel)
    {
        if (StateActions.Refusal(rollout.Phase, RolloutAction.Start) is { } notNow)
        {
            return rollout is { Phase: RolloutPhase.AwaitingApproval, State: { IsUnderWay: false, Attempt: var attempt } }
                && await db.Approvals.AnyAsync(approval => approval.RolloutId == rollout.Id && approval.Attempt == attempt, cancel)
                ? new Refusal("ApprovalStale", "The plan was changed after it was approved, and waits for another approval. Nothing was started; traffic stays where it is.")
                : notNow;
        }

        if ((await db.UnderWayAsync(rollout.EndpointId, cancel)).Find(known => known.Id != rollout.Id) is { } other)
            return new Refusal("AnotherRolloutUnderWay", $"Rollout #{other.Number} of {rollout.Environment}/{rollout.EndpointName} is under way. Abort it, wait for its end, or let #{rollout.Number} supersede it.");

        var endpoint = await db.Endpoints.SingleAsync(known => known.Id == rollout.EndpointId, cancel);
        if (endpoint.StableRelease == rollout.ToRelease)
            return new Refusal("AlreadyServed", $"{endpoint.Address} serves this release already.");
        if (await db.WhyNotStartAsync(rollout, endpoint, at, cancel) is { } refusal)
            return refusal;

        rollout.StartFrom(endpoint.StableRelease);
        return db.Move(rollout, new RolloutEvent.Asked(RolloutAction.Start, reason, at), actor).TryGet(out _, out refusal) ? null : refusal;
    }

    /// <summary>Ends whatever is under way at the endpoint, in favour of this one.</summary>
    public static async Task TakeOverAsync(this ControlPlaneDb db, Rollout rollout, Actor actor, DateTimeOffset at, CancellationToken cancel)
    {
        foreach (var other in (await db.UnderWayAsync(rollout.EndpointId, cancel)).Where(known => known.Id != rollout.Id))
            db.Move(other, new RolloutEvent.TakenOver($"#{rollout.Number}", at), actor);
    }

    /// <summary>What a plan is held against at this endpoint now.</summary>
    public static async Task<PlanSetting> SettingAsync(this ControlPlaneDb db, Endpoint endpoint, CancellationToken cancel) => new(
        endpoint.StableRelease,
        await db.Environments.Where(known => known.Name == endpoint.Environment).Select(known => known.Protected).SingleAsync(cancel),
        endpoint.AssignmentKey is not null);

    private static async Task<Refusal?> WhyNotStartAsync(this ControlPlaneDb db, Rollout rollout, Endpoint endpoint, DateTimeOffset at, CancellationToken cancel)
    {
        var setting = await db.SettingAsync(endpoint, cancel);
        if (PlanRules.Check(rollout.Plan, setting) is { } refusal)
            return refusal with { Kind = RefusalKind.NotAllowed };
        if (!rollout.Plan.NeedsApproval)
            return null;

        var given = await db.Approvals.Where(approval => approval.RolloutId == rollout.Id).OrderBy(approval => approval.At).ToListAsync(cancel);
        given.AddRange(db.Approvals.Local.Where(approval => approval.RolloutId == rollout.Id).Except(given));
        var artifact = await db.ArtifactOfAsync(rollout.ToRelease, cancel);
        var roles = new Dictionary<string, Role?>(StringComparer.Ordinal);
        foreach (var name in given.Select(approval => approval.Approver).Distinct(StringComparer.Ordinal))
            roles[name] = await db.RoleOfPersonAsync(name, cancel);
        var isGuarded = Permissions.IsGuarded(rollout.Environment, setting.IsProtected);
        return FourEyes.WhyNotStart(rollout, given, artifact, name => roles[name] is { } role && Permissions.Allows(role, Permission.Approve, isGuarded), at);
    }

    public static Task<string> ArtifactOfAsync(this ControlPlaneDb db, string release, CancellationToken cancel) =>
        db.Releases.Where(known => known.Id == release).Select(known => known.Artifact).SingleAsync(cancel);

    /// <summary>Rollouts of an endpoint on which its traffic or its nodes' memory depends; as a rule at most one.</summary>
    public static async Task<List<Rollout>> UnderWayAsync(this ControlPlaneDb db, EndpointId endpoint, CancellationToken cancel)
    {
        var open = await db.Rollouts.Where(known => known.EndpointId == endpoint && known.IsOpen).ToListAsync(cancel);
        return open.FindAll(known => known.State.IsUnderWay);
    }
}

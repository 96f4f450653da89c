using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Data.Releases;
using ControlPlane.Data.Rollouts;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What can be done with endpoints: make one, deploy a version to it, go back.</summary>
internal sealed class EndpointCommands(IDbContextFactory<ControlPlaneDb> factory, Fleet fleet, Wakes wakes, LiveFeed feed, TimeProvider time)
{
    public async Task<Outcome<Endpoint>> CreateAsync(string environment, EndpointSettings settings, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<Endpoint>(actor, Of(Permission.CreateEndpoints, environment, settings.Name), time.GetUtcNow(), async db =>
        {
            if (!await db.Environments.AnyAsync(known => known.Name == environment, cancel))
                return Refusal.NotFound("environment", environment);
            if (await db.Endpoints.AnyAsync(known => known.Environment == environment && known.Name == settings.Name, cancel))
                return new Refusal("EndpointExists", $"There is an endpoint {environment}/{settings.Name} already.");

            var made = Endpoint.Create(environment, settings, actor.Name, time.GetUtcNow());
            if (!made.TryGet(out var endpoint, out var refusal))
                return refusal;
            db.Endpoints.Add(endpoint);
            db.Audit(actor, "endpoint.created", $"endpoint/{endpoint.Address}", time.GetUtcNow());
            await db.PublishAsync(environment, actor, $"Endpoint {settings.Name} created", time.GetUtcNow(), cancel);
            return endpoint;
        }, cancel);
        Changed();
        return outcome;
    }

    /// <summary>Serves a version: makes its release and starts a rollout, in the place of one under way. In a protected environment it waits for approval first.</summary>
    /// <param name="seenStamp">The endpoint's stamp as the caller saw it; null: not asked.</param>
    public async Task<Outcome<RolloutStarted>> DeployAsync(
        string environment, string name, DeployOrder order, long? seenStamp, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<RolloutStarted>(actor, db => DeployNeedAsync(db, environment, name, cancel), time.GetUtcNow(), async db =>
        {
            if (order.Strategy is not null and not Strategies.AllAtOnce)
                return Refusal.Invalid("strategy", $"strategy {order.Strategy} is not known; this version has {Strategies.AllAtOnce}.");
            var found = await FindAsync(db, environment, name, seenStamp, cancel);
            if (!found.TryGet(out var endpoint, out var refusal))
                return refusal;
            var made = await db.MakeReleaseAsync(order.Model, order.Version, order.Runtime, actor, time.GetUtcNow(), cancel);
            if (!made.TryGet(out var release, out refusal))
                return refusal;
            if (endpoint.StableRelease == release.Id && (await db.UnderWayAsync(endpoint.Id, cancel)).Count == 0)
                return new Refusal("AlreadyServed", $"{endpoint.Address} serves this release already.");

            var target = await db.Environments.SingleAsync(known => known.Name == environment, cancel);
            return await BeginAsync(db, endpoint, release.Id, AllAtOnce.Plan(target.Protected) with { StartsWhenApproved = target.Protected }, $"Deploy {release.Model} v{release.Version}", actor, cancel);
        }, cancel);
        Changed();
        return outcome;
    }

    /// <summary>Makes the release of a version; the same content is the same release.</summary>
    public Task<Outcome<Release>> MakeReleaseAsync(string model, string version, RuntimeConfiguration? runtime, Actor actor, CancellationToken cancel) =>
        factory.ChangeAsync<Release>(actor, new Need(Permission.MakeReleases, $"model/{model}/{version}"), time.GetUtcNow(), db => db.MakeReleaseAsync(model, version, runtime, actor, time.GetUtcNow(), cancel), cancel);

    /// <summary>Back to an earlier release: in one revision when the nodes still hold it.</summary>
    /// <param name="to">Release id; null: the one that served before.</param>
    public async Task<Outcome<RolloutStarted>> RollBackAsync(string environment, string name, string? to, string? reason, long? seenStamp, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<RolloutStarted>(actor, Of(Permission.GoBack, environment, name), time.GetUtcNow(), async db =>
        {
            var found = await FindAsync(db, environment, name, seenStamp, cancel);
            if (!found.TryGet(out var endpoint, out var refusal))
                return refusal;
            var open = (await db.UnderWayAsync(endpoint.Id, cancel)).FirstOrDefault();
            // While a switch is under way the stable release is what served before it.
            var target = to ?? (open is { State.Weight: > 0 } ? endpoint.StableRelease : endpoint.PreviousRelease);
            if (target is null)
                return new Refusal("NothingToRollBackTo", $"{endpoint.Address} has served no other release before.");
            if (!await db.Releases.AnyAsync(known => known.Id == target, cancel))
                return Refusal.NotFound("release", target);
            if (target == endpoint.StableRelease && open is null)
                return new Refusal("AlreadyServed", $"{endpoint.Address} serves this release already.");

            var nodes = (await fleet.ReadAsync(db, environment, cancel)).Where(node => node.Pool == endpoint.Pool && node.IsReachable).ToList();
            var isWarm = nodes.TrueForAll(node => Convergence.IsWarm(node.Report!, target));
            return await BeginAsync(db, endpoint, target, Rollback.Plan(isWarm), reason ?? "Roll back", actor, cancel);
        }, cancel);
        Changed();
        return outcome;
    }

    /// <summary>Where a second person approves, whoever may plan may ask.</summary>
    private static async Task<Need> DeployNeedAsync(ControlPlaneDb db, string environment, string endpoint, CancellationToken cancel) =>
        Of(await db.Environments.AnyAsync(known => known.Name == environment && known.Protected, cancel) ? Permission.PlanRollouts : Permission.Deploy, environment, endpoint);

    private static Need Of(Permission permission, string environment, string endpoint) => new(permission, $"endpoint/{environment}/{endpoint}", environment);

    /// <summary>At once, in the place of what is under way; where somebody else has to approve it first, that starts it.</summary>
    private async Task<Outcome<RolloutStarted>> BeginAsync(ControlPlaneDb db, Endpoint endpoint, string release, RolloutPlan plan, string reason, Actor actor, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var rollout = await db.DraftAsync(endpoint, release, plan, actor, now, cancel);
        Move(db, rollout, RolloutAction.Submit, reason, actor, now);
        if (rollout.Phase == RolloutPhase.Ready)
        {
            await db.TakeOverAsync(rollout, actor, now, cancel);
            rollout.StartFrom(endpoint.StableRelease);
            Move(db, rollout, RolloutAction.Start, reason, actor, now);
        }

        var did = plan.Strategy == Strategies.Rollback ? "rolledBack" : rollout.Phase == RolloutPhase.AwaitingApproval ? "deployRequested" : "deployed";
        db.Audit(actor, $"endpoint.{did}", $"endpoint/{endpoint.Address}", now, reason, endpoint.StableRelease, release);
        var revision = await db.PublishAsync(endpoint.Environment, actor, $"#{rollout.Number}: {reason}", now, cancel);
        return new RolloutStarted(rollout.Id, rollout.Number, rollout.Phase, release, revision);
    }

    private static void Move(ControlPlaneDb db, Rollout rollout, RolloutAction action, string reason, Actor actor, DateTimeOffset now)
    {
        // These follow from the state just made, so a refusal here would be a defect of this method.
        if (!db.Move(rollout, new RolloutEvent.Asked(action, reason, now), actor).TryGet(out _, out var refusal))
            throw new InvalidOperationException(refusal.Message);
    }

    private static async Task<Outcome<Endpoint>> FindAsync(ControlPlaneDb db, string environment, string name, long? seenStamp, CancellationToken cancel)
    {
        var endpoint = await db.Endpoints.SingleOrDefaultAsync(known => known.Environment == environment && known.Name == name, cancel);
        if (endpoint is null)
            return Refusal.NotFound("endpoint", $"{environment}/{name}");
        return seenStamp is null || seenStamp == endpoint.Stamp ? endpoint : Refusal.Stale($"{environment}/{name}");
    }

    private void Changed()
    {
        wakes.Wake(EffectRunner.Loop);
        wakes.Wake(NodeReports.RolloutLoop);
        feed.Publish(LiveTopics.Endpoints);
        feed.Publish(LiveTopics.Rollouts);
    }
}

/// <param name="Version">A number or an alias.</param>
internal sealed record DeployOrder(string Model, string Version, RuntimeConfiguration? Runtime = null, string? Strategy = null);

internal sealed record RolloutStarted(RolloutId Id, int Number, RolloutPhase Phase, string Release, long Revision);

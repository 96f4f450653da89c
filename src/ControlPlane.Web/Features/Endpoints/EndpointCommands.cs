using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
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
        var outcome = await factory.ChangeAsync<Endpoint>(async db =>
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

    /// <summary>Serves a version: makes its release and starts a rollout, taking the place of an open one.</summary>
    /// <param name="seenStamp">The endpoint's stamp as the caller saw it; null: not asked.</param>
    public async Task<Outcome<RolloutStarted>> DeployAsync(
        string environment, string name, DeployOrder order, long? seenStamp, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<RolloutStarted>(async db =>
        {
            if (order.Strategy is not null and not Strategies.AllAtOnce)
                return Refusal.Invalid("strategy", $"strategy {order.Strategy} is not known; this version has {Strategies.AllAtOnce}.");
            var found = await FindAsync(db, environment, name, seenStamp, cancel);
            if (!found.TryGet(out var endpoint, out var refusal))
                return refusal;
            var made = await ReleaseAsync(db, order.Model, order.Version, order.Runtime, actor, cancel);
            if (!made.TryGet(out var release, out refusal))
                return refusal;
            if (endpoint.StableRelease == release.Id && !await db.Rollouts.AnyAsync(open => open.EndpointId == endpoint.Id && open.IsOpen, cancel))
                return new Refusal("AlreadyServed", $"{endpoint.Address} serves this release already.");

            var target = await db.Environments.SingleAsync(known => known.Name == environment, cancel);
            return await StartAsync(db, endpoint, release.Id, AllAtOnce.Plan(target.Protected), $"Deploy {release.Model} v{release.Version}", actor, cancel);
        }, cancel);
        Changed();
        return outcome;
    }

    /// <summary>Makes the release of a version; the same content is the same release.</summary>
    public Task<Outcome<Release>> MakeReleaseAsync(string model, string version, RuntimeConfiguration? runtime, Actor actor, CancellationToken cancel) =>
        factory.ChangeAsync<Release>(db => ReleaseAsync(db, model, version, runtime, actor, cancel), cancel);

    /// <summary>Back to an earlier release: in one revision when the nodes still hold it.</summary>
    /// <param name="to">Release id; null: the one that served before.</param>
    public async Task<Outcome<RolloutStarted>> RollBackAsync(string environment, string name, string? to, string? reason, long? seenStamp, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<RolloutStarted>(async db =>
        {
            var found = await FindAsync(db, environment, name, seenStamp, cancel);
            if (!found.TryGet(out var endpoint, out var refusal))
                return refusal;
            var open = await db.Rollouts.Where(rollout => rollout.EndpointId == endpoint.Id && rollout.IsOpen).FirstOrDefaultAsync(cancel);
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
            return await StartAsync(db, endpoint, target, Rollback.Plan(isWarm), reason ?? "Roll back", actor, cancel);
        }, cancel);
        Changed();
        return outcome;
    }

    private async Task<Outcome<RolloutStarted>> StartAsync(ControlPlaneDb db, Endpoint endpoint, string release, RolloutPlan plan, string reason, Actor actor, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var number = (await db.Rollouts.MaxAsync(rollout => (int?)rollout.Number, cancel) ?? 0) + 1;
        foreach (var open in await db.Rollouts.Where(rollout => rollout.EndpointId == endpoint.Id && rollout.IsOpen).ToListAsync(cancel))
            Move(db, open, new RolloutEvent.TakenOver($"#{number}", now), actor, now);

        var rollout = Rollout.Create(number, endpoint, release, plan, actor.Name, now);
        db.Rollouts.Add(rollout);
        Move(db, rollout, new RolloutEvent.Asked(RolloutAction.Submit, reason, now), actor, now);
        if (rollout.Phase == RolloutPhase.Ready)
            Move(db, rollout, new RolloutEvent.Asked(RolloutAction.Start, reason, now), actor, now);

        db.Audit(actor, $"endpoint.{(plan.Strategy == Strategies.Rollback ? "rolledBack" : "deployed")}", $"endpoint/{endpoint.Address}", now, reason, endpoint.StableRelease, release);
        var revision = await db.PublishAsync(endpoint.Environment, actor, $"#{number}: {reason}", now, cancel);
        return new RolloutStarted(rollout.Id, number, rollout.Phase, release, revision);
    }

    private async Task<Outcome<Release>> ReleaseAsync(ControlPlaneDb db, string model, string version, RuntimeConfiguration? runtime, Actor actor, CancellationToken cancel)
    {
        if (!(await VersionAsync(db, model, version, cancel)).TryGet(out var row, out var refusal))
            return refusal;
        if (!Release.Of(row, runtime, actor.Name, time.GetUtcNow()).TryGet(out var release, out refusal))
            return refusal;
        if (await db.Releases.SingleOrDefaultAsync(known => known.Id == release.Id, cancel) is { } existing)
            return existing;

        db.Releases.Add(release);
        db.Audit(actor, "release.created", $"release/{release.Id}", time.GetUtcNow());
        return release;
    }

    private static void Move(ControlPlaneDb db, Rollout rollout, RolloutEvent happened, Actor actor, DateTimeOffset now)
    {
        // These follow from the state just read, so a refusal here would be a defect of this method.
        if (!RolloutMachine.Next(rollout.Plan, rollout.State, happened).TryGet(out var transition, out var refusal))
            throw new InvalidOperationException(refusal.Message);
        if (rollout.Move(transition, actor.Name, now) is { } decision)
            db.Decisions.Add(decision);
    }

    private static async Task<Outcome<Endpoint>> FindAsync(ControlPlaneDb db, string environment, string name, long? seenStamp, CancellationToken cancel)
    {
        var endpoint = await db.Endpoints.SingleOrDefaultAsync(known => known.Environment == environment && known.Name == name, cancel);
        if (endpoint is null)
            return Refusal.NotFound("endpoint", $"{environment}/{name}");
        return seenStamp is null || seenStamp == endpoint.Stamp ? endpoint : Refusal.Stale($"{environment}/{name}");
    }

    /// <param name="version">A number or an alias.</param>
    private static async Task<Outcome<ModelVersion>> VersionAsync(ControlPlaneDb db, string model, string version, CancellationToken cancel)
    {
        if (!int.TryParse(version, out var number))
        {
            var alias = await db.Aliases.Join(db.Models.Where(known => known.Name == model), row => row.ModelId, known => known.Id, (row, _) => row)
                .SingleOrDefaultAsync(row => row.Name == version, cancel);
            if (alias is null)
                return Refusal.NotFound("version or alias", $"{model}@{version}");
            number = alias.Number;
        }

        var found = await db.Versions.SingleOrDefaultAsync(known => known.ModelName == model && known.Number == number, cancel);
        return found is null ? Refusal.NotFound("version", $"{model}@{version}") : found;
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

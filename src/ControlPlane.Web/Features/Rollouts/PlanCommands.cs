using System.Text.Json.Nodes;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Data.Releases;
using ControlPlane.Data.Rollouts;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Documents;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>Writing plans: nothing here moves traffic.</summary>
internal sealed class PlanCommands(IDbContextFactory<ControlPlaneDb> factory, LiveFeed feed, TimeProvider time)
{
    /// <summary>A new rollout in Draft.</summary>
    public async Task<Outcome<Rollout>> DraftAsync(string environment, string name, PlanOrder order, Actor actor, CancellationToken cancel)
    {
        var need = new Need(Permission.PlanRollouts, $"endpoint/{environment}/{name}", environment);
        var outcome = await factory.ChangeAsync<Rollout>(actor, need, time.GetUtcNow(), async db =>
        {
            var now = time.GetUtcNow();
            if (await db.Endpoints.SingleOrDefaultAsync(known => known.Environment == environment && known.Name == name, cancel) is not { } endpoint)
                return Refusal.NotFound("endpoint", $"{environment}/{name}");
            if (!(await ReadAsync(db, endpoint, order, actor, now, cancel)).TryGet(out var read, out var refusal))
                return refusal;

            var rollout = await db.DraftAsync(endpoint, read.Release.Id, read.Plan, actor, now, cancel);
            db.Audit(actor, "rollout.created", $"rollout/{rollout.Number}", now, after: PlanHash.Of(rollout.Plan));
            return rollout;
        }, cancel);
        feed.Publish(LiveTopics.Rollouts);
        return outcome;
    }

    /// <summary>Another plan, release or both. It voids what was approved, and whoever edits is an author.</summary>
    public async Task<Outcome<Rollout>> EditAsync(int number, PlanOrder order, long? seenStamp, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<Rollout>(actor, db => NeedAsync(db, number, cancel), time.GetUtcNow(), async db =>
        {
            var now = time.GetUtcNow();
            if (await db.Rollouts.SingleOrDefaultAsync(known => known.Number == number, cancel) is not { } rollout)
                return Refusal.NotFound("rollout", $"#{number}");
            if (seenStamp is not null && seenStamp != rollout.Stamp)
                return Refusal.Stale($"Rollout #{number}");
            if (StateActions.Refusal(rollout.Phase, RolloutAction.Edit) is { } notNow)
                return notNow;
            var endpoint = await db.Endpoints.SingleAsync(known => known.Id == rollout.EndpointId, cancel);
            if (!(await ReadAsync(db, endpoint, order, actor, now, cancel)).TryGet(out var read, out var refusal))
                return refusal;

            var before = PlanHash.Of(rollout.Plan);
            rollout.Replace(read.Release.Id, read.Plan);
            rollout.AddAuthor(await db.PersonBehindAsync(actor, cancel));
            if (!db.Move(rollout, new RolloutEvent.Asked(RolloutAction.Edit, order.Reason ?? "", now), actor).TryGet(out _, out refusal))
                return refusal;
            db.Audit(actor, "rollout.edit", $"rollout/{number}", now, order.Reason, before, PlanHash.Of(rollout.Plan));
            return rollout;
        }, cancel);
        feed.Publish(LiveTopics.Rollouts);
        return outcome;
    }

    /// <returns>The plan that a document says, if it makes sense where it is to run.</returns>
    public static Outcome<RolloutPlan> Read(JsonObject document, PlanSetting setting)
    {
        if (!RolloutDocument.Read(document).TryGet(out var plan, out var refusal))
            return refusal;
        // Who says nothing of it gets what the environment asks for.
        if (setting.IsProtected && document["approval"] is null)
            plan = plan with { NeedsApproval = true };
        return (PlanRules.Check(plan, setting) ?? NotMeasured(plan)) is { } senseless ? senseless : plan;
    }

    private static async Task<Need> NeedAsync(ControlPlaneDb db, int number, CancellationToken cancel) => new(
        Permission.PlanRollouts, $"rollout/{number}", await db.Rollouts.Where(known => known.Number == number).Select(known => known.Environment).SingleOrDefaultAsync(cancel));

    /// <summary>What the plan rests on and nodes of this version do not send: it would wait for evidence forever.</summary>
    private static Refusal? NotMeasured(RolloutPlan plan)
    {
        if (plan.Steps.Any(step => step.Mirror > 0))
            return Refusal.Invalid("rollout.steps", "Nodes of this version do not mirror requests; a shadow would see none. Use canary with a small first weight.");
        if (plan.Experiment is not null)
            return Refusal.Invalid("rollout.experiment", "Outcomes are not taken in by this version, so an A/B test would never end.");
        var gate = plan.Gates.Select((gate, index) => (gate, index)).FirstOrDefault(pair => pair.gate.Metric is not (GateMetrics.ErrorRate or GateMetrics.LatencyAbove or GateMetrics.LatencyP99 or GateMetrics.PredictionMean));
        return gate.gate is null
            ? null
            : Refusal.Invalid($"rollout.gates[{gate.index}].metric", $"{gate.gate.Metric} is not measured by this version; it has {GateMetrics.ErrorRate}, {GateMetrics.LatencyAbove}, {GateMetrics.LatencyP99} and {GateMetrics.PredictionMean}.");
    }

    private static async Task<Outcome<(Release Release, RolloutPlan Plan)>> ReadAsync(ControlPlaneDb db, Endpoint endpoint, PlanOrder order, Actor actor, DateTimeOffset now, CancellationToken cancel)
    {
        if (!Read(order.Rollout, await db.SettingAsync(endpoint, cancel)).TryGet(out var plan, out var refusal))
            return refusal;
        return (await db.MakeReleaseAsync(order.Model, order.Version, order.Runtime, actor, now, cancel)).TryGet(out var release, out refusal) ? (release, plan) : refusal;
    }
}

/// <param name="Version">A number or an alias.</param>
/// <param name="Rollout">The <c>rollout</c> part of a document.</param>
internal sealed record PlanOrder(string Model, string Version, RuntimeConfiguration? Runtime, JsonObject Rollout, string? Reason = null);

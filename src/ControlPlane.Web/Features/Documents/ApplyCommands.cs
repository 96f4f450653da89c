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
using ControlPlane.Web.Effects;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Features.Documents;

/// <summary>Brings endpoints to what documents declare: all of them, or nothing. What is so already is left alone.</summary>
internal sealed class ApplyCommands(IDbContextFactory<ControlPlaneDb> factory, Wakes wakes, LiveFeed feed, TimeProvider time)
{
    private const string Target = "apply";

    /// <param name="isDryRun">Says what would change, by the same rules, and changes nothing.</param>
    public async Task<Outcome<Applied>> ApplyAsync(IReadOnlyList<JsonObject> documents, bool isDryRun, Actor actor, CancellationToken cancel)
    {
        if (!Read(documents).TryGet(out var read, out var refusal))
            return refusal;
        if (isDryRun)
        {
            if (await factory.WhyNotAsync(actor, new Need(Permission.PlanRollouts, Target), time.GetUtcNow(), cancel) is { } denied)
                return denied;
            await using var db = await factory.CreateDbContextAsync(cancel);
            await using var transaction = await db.Database.BeginTransactionAsync(cancel);
            return await AllAsync(db, read, actor, isDryRun, cancel);
        }

        var outcome = await factory.ChangeAsync(actor, new Need(Permission.PlanRollouts, Target), time.GetUtcNow(), db => AllAsync(db, read, actor, isDryRun, cancel), cancel);
        wakes.Wake(EffectRunner.Loop);
        wakes.Wake(NodeReports.RolloutLoop);
        feed.Publish(LiveTopics.Endpoints);
        feed.Publish(LiveTopics.Rollouts);
        return outcome;
    }

    private static Outcome<IReadOnlyList<EndpointDocument>> Read(IReadOnlyList<JsonObject> documents)
    {
        var read = new List<EndpointDocument>();
        for (var i = 0; i < documents.Count; i++)
        {
            var kind = documents[i]["kind"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
            var outcome = kind == EndpointDocument.Kind
                ? EndpointDocument.Read(documents[i])
                : Refusal.Invalid("kind", kind is "FeatureSchema" or "BatchJob" ? $"kind {kind} is not part of this version; it has {EndpointDocument.Kind}." : $"kind must be {EndpointDocument.Kind}.");
            if (!outcome.TryGet(out var document, out var refusal))
                return Numbered(refusal, i);
            if (read.Exists(known => (known.Environment, known.Settings.Name) == (document.Environment, document.Settings.Name)))
                return Numbered(Refusal.Invalid("name", $"{document.Environment}/{document.Settings.Name} is declared twice."), i);
            read.Add(document);
        }

        return read;
    }

    private async Task<Outcome<Applied>> AllAsync(ControlPlaneDb db, IReadOnlyList<EndpointDocument> documents, Actor actor, bool isDryRun, CancellationToken cancel)
    {
        var changes = new List<AppliedChange>();
        for (var i = 0; i < documents.Count; i++)
        {
            if (!(await OneAsync(db, documents[i], actor, cancel)).TryGet(out var change, out var refusal))
                return Numbered(refusal, i);
            if (change.Action is not null)
                changes.Add(change);
        }

        foreach (var environment in isDryRun ? [] : documents.Where(document => changes.Exists(change => change.Name == $"{document.Environment}/{document.Settings.Name}")).Select(document => document.Environment).Distinct(StringComparer.Ordinal))
            await db.PublishAsync(environment, actor, "Documents applied", time.GetUtcNow(), cancel);
        return new Applied(changes, !isDryRun);
    }

    private async Task<Outcome<AppliedChange>> OneAsync(ControlPlaneDb db, EndpointDocument document, Actor actor, CancellationToken cancel)
    {
        var (now, settings) = (time.GetUtcNow(), document.Settings);
        var address = $"{document.Environment}/{settings.Name}";
        if (!await db.Environments.AnyAsync(known => known.Name == document.Environment, cancel))
            return Refusal.NotFound("environment", document.Environment);
        var endpoint = await db.Endpoints.SingleOrDefaultAsync(known => known.Environment == document.Environment && known.Name == settings.Name, cancel);
        var isNew = endpoint is null;
        // Of what is new every member is a difference.
        var before = endpoint is null ? [] : await DocumentOfAsync(db, endpoint, cancel);
        var underWay = endpoint is null ? null : (await db.UnderWayAsync(endpoint.Id, cancel)).FirstOrDefault();
        if (endpoint is null)
        {
            if (!Endpoint.Create(document.Environment, settings, actor.Name, now).TryGet(out endpoint, out var refusal))
                return refusal;
            db.Endpoints.Add(endpoint);
        }
        else if (endpoint.Declare(settings, underWay is not null) is { } refusal)
        {
            return refusal;
        }

        var after = await DocumentOfAsync(db, endpoint, cancel);
        if (DocumentDifference.Of(before, after) is { Count: > 0 } && await db.WhyNotAsync(actor, new Need(Permission.CreateEndpoints, $"endpoint/{address}", document.Environment), now, cancel) is { } denied)
            return denied;
        int? number = null;
        if (document.Release is { } declared)
        {
            if (!(await db.MakeReleaseAsync(declared.Model, declared.Version, declared.Runtime, actor, now, cancel)).TryGet(out var release, out var refusal))
                return refusal with { Field = refusal.Field is null ? "release.model" : $"release.{refusal.Field}" };
            await db.SaveChangesAsync(cancel);
            if (!(await BringAsync(db, endpoint, release, document.Rollout, underWay, actor, now, cancel)).TryGet(out number, out refusal))
                return refusal;
            if (number is not null)
                after["release"] = EndpointDocument.Of(endpoint, release)["release"]!.DeepClone();
        }

        var difference = DocumentDifference.Of(before, after);
        if (difference.Count == 0)
            return new AppliedChange(EndpointDocument.Kind, address, null, difference, null);
        db.Audit(actor, isNew ? "endpoint.created" : "endpoint.declared", $"endpoint/{address}", now, "By a document", isNew ? null : DocumentDifference.Hash(before), DocumentDifference.Hash(after));
        return new AppliedChange(EndpointDocument.Kind, address, isNew ? "create" : "update", difference, number);
    }

    /// <returns>Number of the rollout that was made; null: the release serves already, or is on its way.</returns>
    private static async Task<Outcome<int?>> BringAsync(
        ControlPlaneDb db, Endpoint endpoint, Release release, JsonObject? rollout, Rollout? underWay, Actor actor, DateTimeOffset now, CancellationToken cancel)
    {
        if (underWay is not null && underWay.ToRelease != release.Id)
            return new Refusal("AnotherRolloutUnderWay", $"Rollout #{underWay.Number} of {endpoint.Address} is under way. Abort it or wait for its end, and apply again. Nothing was changed.", Field: "release");
        if (underWay is not null || endpoint.StableRelease == release.Id || await db.Rollouts.AnyAsync(known => known.EndpointId == endpoint.Id && known.IsOpen && known.ToRelease == release.Id, cancel))
            return (int?)null;

        // With nothing to share traffic with, the first release comes all at once, however the next ones are to come.
        var setting = await db.SettingAsync(endpoint, cancel);
        var plan = setting.Stable is null ? (Outcome<RolloutPlan>)AllAtOnce.Plan(setting.IsProtected || (string?)rollout?["approval"] == "required") : PlanCommands.Read(rollout ?? [], setting);
        if (!plan.TryGet(out var read, out var refusal))
            return refusal;
        if (await db.WhyNotAsync(actor, new Need(Permission.PlanRollouts, $"endpoint/{endpoint.Address}", endpoint.Environment), now, cancel) is { } denied)
            return denied;
        var made = await db.DraftAsync(endpoint, release.Id, read with { StartsWhenApproved = true }, actor, now, cancel);
        if (!db.Move(made, new RolloutEvent.Asked(RolloutAction.Submit, "By a document", now), actor).TryGet(out _, out refusal))
            return refusal;
        if (made.Phase == RolloutPhase.Ready)
        {
            if (await db.WhyNotAsync(actor, new Need(Permission.Deploy, $"endpoint/{endpoint.Address}", endpoint.Environment), now, cancel) is { } unstarted)
                return unstarted;
            await db.SaveChangesAsync(cancel);
            if (await db.StartAsync(made, "By a document", actor, now, cancel) is { } notNow)
                return notNow;
        }

        return (int?)made.Number;
    }

    private static async Task<JsonObject> DocumentOfAsync(ControlPlaneDb db, Endpoint endpoint, CancellationToken cancel) =>
        EndpointDocument.Of(endpoint, endpoint.StableRelease is { } id ? await db.Releases.SingleAsync(known => known.Id == id, cancel) : null);

    private static Refusal Numbered(Refusal refusal, int index) => refusal with { Field = $"[{index}].{refusal.Field}".TrimEnd('.'), Message = $"Document {index + 1}: {refusal.Message}" };
}

/// <param name="Changes">Empty: everything was as declared.</param>
/// <param name="IsApplied">False: it was only asked what would change.</param>
internal sealed record Applied(IReadOnlyList<AppliedChange> Changes, bool IsApplied);

/// <param name="Action"><c>create</c> or <c>update</c>; null: nothing to do.</param>
/// <param name="Rollout">Number of the rollout that brings the release; null: none was needed. Of a dry run it is the number it would get now.</param>
internal sealed record AppliedChange(string Kind, string Name, string? Action, IReadOnlyList<Change> Difference, int? Rollout);

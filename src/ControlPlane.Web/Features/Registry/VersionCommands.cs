using ControlPlane.Data;
using ControlPlane.Data.Artifacts;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Turns received files into a version, and deletes versions that nobody uses.</summary>
internal sealed class VersionCommands(IDbContextFactory<ControlPlaneDb> factory, IArtifactStore store, LiveFeed feed, Wakes wakes, TimeProvider time)
{
    /// <summary>Asked before a file is taken in, so that nobody sends one for nothing.</summary>
    /// <returns>Null when the actor may.</returns>
    public Task<Refusal?> WhyNotUploadAsync(string modelName, Actor actor, CancellationToken cancel) => factory.WhyNotAsync(actor, UploadNeed(modelName), time.GetUtcNow(), cancel);

    /// <summary>Writes down that a file was not taken.</summary>
    /// <returns>The refusal itself.</returns>
    public async Task<Refusal> RejectAsync(string modelName, Refusal refusal, Actor actor, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        db.Audit(actor, "upload.rejected", $"model/{modelName}", time.GetUtcNow(), $"{refusal.Code}: {refusal.Message}", outcome: "rejected");
        await db.SaveChangesAsync(cancel);
        return refusal;
    }

    /// <summary>Keeps the files, then writes the row and the order to inspect it in one transaction: a crash in between leaves bytes that the clean-up removes, never half a version.</summary>
    /// <param name="wanted">Number asked for, or null for the next.</param>
    public async Task<Outcome<ModelVersion>> AcceptAsync(
        string modelName, Reception reception, int? wanted, string fileName, VersionNotes? notes, UploadId? session, Actor actor, CancellationToken cancel)
    {
        foreach (var file in reception.Files)
            await store.KeepAsync(file.Part, file.Sha256, cancel);
        FailPoint.Hit("upload.afterBlobRename");

        var manifest = new ArtifactManifest([.. reception.Files.Select(file => file.InManifest())]);
        var outcome = await factory.ChangeAsync<ModelVersion>(
            actor,
            UploadNeed(modelName),
            time.GetUtcNow(),
            async db =>
            {
                var model = await db.Models.SingleOrDefaultAsync(known => known.Name == modelName, cancel);
                if (model is null)
                    return Refusal.NotFound("model", modelName);
                if (!model.TakeNumber(wanted).TryGet(out var number, out var refusal))
                    return refusal;

                var at = time.GetUtcNow();
                var version = ModelVersion.Uploaded(model, number, manifest, fileName, reception.Checks, Merge(reception.Notes, notes), actor.Name, at);
                db.Versions.Add(version);
                if (session is not null && await db.Uploads.SingleOrDefaultAsync(upload => upload.Id == session, cancel) is { } upload)
                    upload.Completed = number;
                db.PendingEffects.Add(PendingEffect.Of(PendingEffect.InspectVersion, version.Id.Value.ToString(), at));
                db.Audit(actor, "version.uploaded", $"model/{modelName}/{number}", at, after: version.Digest);
                FailPoint.Hit("upload.beforeVersionCommit");
                return version;
            },
            cancel);
        if (outcome.TryGet(out _, out _))
        {
            wakes.Wake(EffectRunner.Loop);
            feed.Publish(LiveTopics.Models);
        }

        return outcome;
    }

    /// <summary>Deletes a version that no endpoint and no rollout names; its number is never given again.</summary>
    public async Task<Outcome<Done>> DeleteAsync(string modelName, int number, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<Done>(
            actor,
            new Need(Permission.DeleteVersions, $"model/{modelName}/{number}"),
            time.GetUtcNow(),
            async db =>
            {
                var version = await db.Versions.SingleOrDefaultAsync(known => known.ModelName == modelName && known.Number == number, cancel);
                if (version is null)
                    return Refusal.NotFound($"version {number} of model", modelName);
                if (VersionUse.Check(version, await VersionUsers.OfAsync(db, version.Digest, cancel)) is { } inUse)
                    return inUse;

                db.Versions.Remove(version);
                db.Aliases.RemoveRange(await db.Aliases.Where(alias => alias.ModelId == version.ModelId && alias.Number == number).ToListAsync(cancel));
                db.Audit(actor, "version.deleted", $"model/{modelName}/{number}", time.GetUtcNow(), before: version.Digest);
                return default(Done);
            },
            cancel);
        if (outcome.TryGet(out _, out _))
            feed.Publish(LiveTopics.Models);
        return outcome;
    }

    private static Need UploadNeed(string modelName) => new(Permission.UploadVersions, $"model/{modelName}");

    /// <summary>What the form says wins over what the file says.</summary>
    private static VersionNotes Merge(VersionNotes file, VersionNotes? form) => form is null
        ? file
        : new(form.Text ?? file.Text, form.Metrics ?? file.Metrics, form.Parameters ?? file.Parameters, form.Tags ?? file.Tags, form.Card ?? file.Card, form.Source ?? file.Source, form.Parent ?? file.Parent);
}

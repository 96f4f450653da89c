using ControlPlane.Data;
using ControlPlane.Data.Artifacts;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Uploads that come in pieces and survive lost connections on both sides.</summary>
internal sealed class UploadCommands(
    IDbContextFactory<ControlPlaneDb> factory, IArtifactStore store, PartWriter writer, UploadIntake intake, VersionCommands versions, IOptions<ArtifactOptions> options, TimeProvider time)
{
    public async Task<Outcome<UploadSession>> OpenAsync(string modelName, UploadRequest request, Actor actor, CancellationToken cancel)
    {
        if (await versions.WhyNotUploadAsync(modelName, actor, cancel) is { } denied)
            return denied;
        if (request.Size <= 0)
            return UploadRefusals.Of("Empty", new("size", "failed", "The file is empty.", "Check that the export wrote it."));
        if (request.Size > options.Value.MaxUploadBytes)
            return new Refusal("TooLarge", $"The file has {request.Size} bytes; {options.Value.MaxUploadBytes} are allowed.", RefusalKind.TooLarge);
        if (store.FreeBytes() is { } free && free - request.Size < options.Value.MinFreeBytes)
            return new Refusal("StorageFull", $"The artifact store has {free >> 20} MiB free, too little for this file.", RefusalKind.StorageFull);
        if (request.Sha256 is not null && (request.Sha256.Length != 64 || !request.Sha256.All(char.IsAsciiHexDigit)))
            return Refusal.Invalid("sha256", "64 hex digits are expected.");

        return await factory.ChangeAsync<UploadSession>(
            async db =>
            {
                var at = time.GetUtcNow();
                var model = await db.Models.SingleOrDefaultAsync(known => known.Name == modelName, cancel);
                if (model is null)
                    return Refusal.NotFound("model", modelName);
                if (request.Version <= model.LastNumber)
                    return new Refusal("VersionExists", $"Version {request.Version} of {modelName} is taken; the next free one is {model.LastNumber + 1}.");
                if (await db.Uploads.CountAsync(open => open.CreatedBy == actor.Name && open.Completed == null && open.ExpiresAt > at, cancel) >= options.Value.MaxOpenUploads)
                    return new Refusal("TooManyUploads", $"You have {options.Value.MaxOpenUploads} unfinished uploads. Finish or cancel one first.", RefusalKind.Overloaded);

                var upload = new UploadSession
                {
                    Id = UploadId.New(at),
                    ModelId = model.Id,
                    ModelName = model.Name,
                    FileName = FileNames.ToShow(request.Name),
                    Size = request.Size,
                    Sha256 = request.Sha256?.ToLowerInvariant(),
                    Version = request.Version,
                    Notes = request.Notes ?? new VersionNotes(),
                    CreatedBy = actor.Name,
                    CreatedAt = at,
                    ExpiresAt = at + options.Value.Grace,
                };
                db.Uploads.Add(upload);
                return upload;
            },
            cancel);
    }

    /// <returns>Bytes that are there.</returns>
    public async Task<Outcome<long>> OffsetAsync(string modelName, Guid id, Actor actor, CancellationToken cancel)
    {
        var found = await FindAsync(modelName, id, actor, cancel);
        return found.TryGet(out var upload, out var refusal) ? await store.PartLengthAsync(PartOf(upload), cancel) ?? 0 : refusal;
    }

    /// <returns>Bytes that are there now.</returns>
    /// <exception cref="PartOffsetException">The piece does not begin where the last one ended.</exception>
    public async Task<Outcome<long>> AppendAsync(string modelName, Guid id, long offset, Stream body, Actor actor, CancellationToken cancel)
    {
        var found = await FindAsync(modelName, id, actor, cancel);
        if (!found.TryGet(out var upload, out var refusal))
            return refusal;
        if (upload.Completed is not null)
            return new Refusal("UploadCompleted", $"This upload has become version {upload.Completed}.");
        return await writer.AppendAsync(PartOf(upload), offset, body, upload.Size, cancel);
    }

    /// <summary>Checks the whole and makes the version. A second call gives the same version.</summary>
    public async Task<Outcome<ModelVersion>> CompleteAsync(string modelName, Guid id, Actor actor, CancellationToken cancel)
    {
        var found = await FindAsync(modelName, id, actor, cancel);
        if (!found.TryGet(out var upload, out var refusal))
            return refusal;
        if (upload.Completed is { } number)
            return await FindVersionAsync(modelName, number, cancel);

        var part = PartOf(upload);
        var length = await store.PartLengthAsync(part, cancel) ?? 0;
        if (length != upload.Size)
            return new Refusal("UploadIncomplete", $"{length} of {upload.Size} bytes are there. Send the rest first.");

        var file = new ReceivedFile(FileNames.DefaultModel, length, await writer.HashAsync(part, cancel), part);
        var read = await intake.OfPartAsync(file, upload.Sha256, cancel);
        if (!read.TryGet(out var reception, out refusal))
        {
            await RemoveAsync(upload.Id, cancel);
            return await versions.RejectAsync(modelName, refusal, actor, cancel);
        }

        return await versions.AcceptAsync(modelName, reception, upload.Version, upload.FileName, upload.Notes, upload.Id, actor, cancel);
    }

    public async Task<Outcome<Done>> CancelAsync(string modelName, Guid id, Actor actor, CancellationToken cancel)
    {
        var found = await FindAsync(modelName, id, actor, cancel);
        if (!found.TryGet(out var upload, out var refusal))
            return refusal;
        await RemoveAsync(upload.Id, cancel);
        await store.DropPartAsync(PartOf(upload), cancel);
        return default(Done);
    }

    private static string PartOf(UploadSession upload) => upload.Id.Value.ToString("N");

    /// <summary>Somebody else's upload is as good as none.</summary>
    private async Task<Outcome<UploadSession>> FindAsync(string modelName, Guid id, Actor actor, CancellationToken cancel)
    {
        if (await versions.WhyNotUploadAsync(modelName, actor, cancel) is { } denied)
            return denied;
        await using var db = await factory.CreateDbContextAsync(cancel);
        var at = time.GetUtcNow();
        var upload = await db.Uploads.AsNoTracking().SingleOrDefaultAsync(known => known.Id == new UploadId(id) && known.ModelName == modelName, cancel);
        if (upload is not null && upload.CreatedBy != actor.Name)
        {
            await factory.WriteDenialAsync(actor, new Need(Permission.UploadVersions, $"upload/{id}"), at, why: null, cancel);
            upload = null;
        }

        return upload is not null && upload.ExpiresAt > at ? upload : Refusal.NotFound("upload", id.ToString());
    }

    private async Task<Outcome<ModelVersion>> FindVersionAsync(string modelName, int number, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var version = await db.Versions.AsNoTracking().SingleOrDefaultAsync(known => known.ModelName == modelName && known.Number == number, cancel);
        return version is null ? Refusal.NotFound($"version {number} of model", modelName) : version;
    }

    private async Task RemoveAsync(UploadId id, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        await db.Uploads.Where(known => known.Id == id).ExecuteDeleteAsync(cancel);
    }
}

/// <param name="Name">File name, for showing.</param>
/// <param name="Size">Bytes that will come.</param>
/// <param name="Sha256">64 hex digits, or absent.</param>
/// <param name="Version">Number wanted; absent: the next.</param>
internal sealed record UploadRequest(string? Name, long Size, string? Sha256 = null, int? Version = null, VersionNotes? Notes = null);

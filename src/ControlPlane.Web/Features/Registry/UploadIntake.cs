using ControlPlane.Data.Artifacts;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Hosting;
using Microsoft.Extensions.Options;
using Serving.Contracts.Models;
using Serving.Contracts.Models.Onnx;

namespace ControlPlane.Web.Features.Registry;

/// <summary>From bytes that came in to files that may become a version; what is refused leaves nothing behind.</summary>
internal sealed class UploadIntake(IArtifactStore store, PartWriter writer, IOptions<ArtifactOptions> options)
{
    private static readonly byte[] _zipMagic = "PK\x03\x04"u8.ToArray();

    private long Most => options.Value.MaxUploadBytes;

    /// <summary>One file: a zip is taken apart, anything else must be a model. The content decides, not the name.</summary>
    /// <param name="announced">SHA-256 of the file as announced, or null.</param>
    public async Task<Outcome<Reception>> OfFileAsync(Stream body, string? announced, CancellationToken cancel)
    {
        var written = await writer.WriteAsync(FileNames.DefaultModel, body, Most, cancel);
        return written.TryGet(out var file, out var refusal) ? await OfPartAsync(file, announced, cancel) : refusal;
    }

    /// <summary>The same for a file that lies there as a part already.</summary>
    public async Task<Outcome<Reception>> OfPartAsync(ReceivedFile file, string? announced, CancellationToken cancel)
    {
        List<ReceivedFile> files = [file];
        if (announced is not null && !string.Equals(announced, file.Sha256, StringComparison.OrdinalIgnoreCase))
            return await DropAsync(files, UploadRefusals.DigestMismatch);
        if (!await IsZipAsync(file, cancel))
            return await CheckAsync(files, isBundle: false, cancel);

        files.Clear();
        try
        {
            Outcome<Done> read;
            await using (var zip = await store.ReadPartAsync(file.Part, cancel))
                read = await ZipLayout.CheckAsync(zip, file.Size, cancel) is { } defect ? defect : await BundleReader.ReadAsync(zip, writer, Most, files, cancel);
            return read.TryGet(out _, out var refusal) ? await CheckAsync(files, isBundle: true, cancel) : await DropAsync(files, refusal);
        }
        finally
        {
            await store.DropPartAsync(file.Part, CancellationToken.None);
        }
    }

    /// <summary>Files that were given one by one.</summary>
    public Task<Outcome<Reception>> OfFilesAsync(List<ReceivedFile> files, CancellationToken cancel) => CheckAsync(files, isBundle: true, cancel);

    public async Task DropAsync(IEnumerable<ReceivedFile> files)
    {
        foreach (var file in files)
            await store.DropPartAsync(file.Part, CancellationToken.None);
    }

    private async Task<Outcome<Reception>> DropAsync(IEnumerable<ReceivedFile> files, Refusal refusal)
    {
        await DropAsync(files);
        return refusal;
    }

    private async Task<bool> IsZipAsync(ReceivedFile file, CancellationToken cancel)
    {
        await using var stream = await store.ReadPartAsync(file.Part, cancel);
        var first = new byte[_zipMagic.Length];
        return await stream.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancel) == first.Length && first.AsSpan().SequenceEqual(_zipMagic);
    }

    private async Task<Outcome<Reception>> CheckAsync(List<ReceivedFile> files, bool isBundle, CancellationToken cancel)
    {
        try
        {
            var outcome = await ScanAsync(files, isBundle, cancel);
            return outcome.TryGet(out _, out var refusal) ? outcome : await DropAsync(files, refusal);
        }
        catch (Exception)
        {
            await DropAsync(files);
            throw;
        }
    }

    private async Task<Outcome<Reception>> ScanAsync(List<ReceivedFile> files, bool isBundle, CancellationToken cancel)
    {
        var models = files.Where(file => FileNames.IsModel(file.Name)).ToList();
        if (models.Count != 1)
            return UploadRefusals.Of("OneModelExpected", new ModelCheck(ModelChecks.Archive, ModelCheck.Failed, $"The bundle holds {models.Count} .onnx files at its root.", "Give exactly one, without a folder."));

        var siblings = files.Where(file => !FileNames.IsModel(file.Name)).ToDictionary(file => file.Name, file => file.Size, StringComparer.Ordinal);
        OnnxScanResult scan;
        await using (var model = await store.ReadPartAsync(models[0].Part, cancel))
            scan = OnnxScan.Scan(model, models[0].Size, siblings, new OnnxLimits(), cancel);
        if (scan.Failed is { } failed)
            return UploadRefusals.Of(failed);

        var external = scan.Summary!.ExternalFiles.ToHashSet(StringComparer.Ordinal);
        var unexpected = siblings.Keys.FirstOrDefault(name => !external.Contains(name) && name is not (FileNames.Golden or FileNames.Card or FileNames.Meta) && !FileNames.IsReference(name));
        if (unexpected is not null)
            return UploadRefusals.Of("UnexpectedFile", new ModelCheck(ModelChecks.Archive, ModelCheck.Failed, $"'{unexpected}' is neither the model, nor data the model names, nor golden.jsonl, reference.csv, reference.parquet, card.md or meta.yaml.", "Leave it out."));

        var read = await VersionNotesReader.ReadAsync(store, files, cancel);
        if (!read.TryGet(out var notes, out var refusal))
            return refusal;

        var described = files.Where(file => file.Name is FileNames.Card or FileNames.Meta).ToList();
        await DropAsync(described);
        files.RemoveAll(described.Contains);
        files.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        List<ModelCheck> checks = isBundle
            ? [scan.Checks[0], new ModelCheck(ModelChecks.Archive, ModelCheck.Passed, $"{files.Count + described.Count} files, nothing unexpected."), .. scan.Checks.Skip(1)]
            : [.. scan.Checks];
        return new Reception(files, checks, notes);
    }
}

using ControlPlane.Data;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>What the page of a version shows.</summary>
public sealed class VersionPageQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving)
{
    public async Task<VersionView?> FindAsync(string model, int number, CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        var version = await db.Versions.AsNoTracking().SingleOrDefaultAsync(known => known.ModelName == model && known.Number == number, cancel);
        if (version is null)
            return null;

        var aliases = await db.Aliases.Where(alias => alias.ModelId == version.ModelId && alias.Number == number).Select(alias => alias.Name).OrderBy(name => name).ToListAsync(cancel);
        var release = await db.Releases.Where(known => known.Artifact == version.Digest && known.Model == model && known.Version == number)
            .OrderByDescending(known => known.CreatedAt).Select(known => known.Id).FirstOrDefaultAsync(cancel);
        return View(version, release, aliases, [.. now.PlacesOf(model).Where(place => place.Version == number).Select(place => place.Place)]);
    }

    private static VersionView View(ModelVersion version, string? release, IReadOnlyList<string> aliases, IReadOnlyList<ServingIn> places)
    {
        var report = version.Report;
        return new(
            version.ModelName,
            version.Number,
            version.State.ToString(),
            version.RejectedReason,
            version.Digest.Length > 0 ? version.Digest : null,
            release,
            version.SizeBytes,
            version.FileName,
            version.UploadedBy,
            version.UploadedAt,
            Shown(version.Notes.Card ?? version.Notes.Text),
            version.Notes.Source,
            aliases,
            [.. version.Checks.Select(check => new CheckRow(check.Check, check.Outcome, check.Detail, check.Remedy))],
            Tensors(report?.Signature),
            report?.Operators ?? new Dictionary<string, long>(),
            report?.Opsets is { Count: > 0 } opsets ? string.Join(", ", opsets.Select(opset => $"{opset.Key} {opset.Value}")) : null,
            report?.Producer is { Length: > 0 } producer ? $"{producer} {report.ProducerVersion}".Trim() : null,
            report?.ParameterCount,
            report?.Latency is { } latency ? new(latency.P50Us / 1000, latency.P99Us / 1000, report.LoadMs, report.PeakMemoryBytes, latency.Runs) : null,
            version.Notes.Metrics ?? new Dictionary<string, double>(),
            places,
            [.. version.Manifest.Files.Select(file => new FileRow(file.Path, file.Size))]);
    }

    /// <summary>A card may be longer than what is shown of it; one character more says so.</summary>
    private static string? Shown(string? markdown) => markdown?.Length > SafeMarkdown.Longest + 1 ? markdown[..(SafeMarkdown.Longest + 1)] : markdown;

    private static List<TensorRow> Tensors(ModelSignature? signature) => signature is null
        ? []
        : [.. signature.Inputs.Select(tensor => Row(tensor, "input")), .. signature.Outputs.Select(tensor => Row(tensor, "output"))];

    private static TensorRow Row(TensorSpec tensor, string direction) => new(tensor.Name, direction, TensorText.Type(tensor.Type), TensorText.Shape(tensor));
}

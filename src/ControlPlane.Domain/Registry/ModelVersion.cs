using ControlPlane.Domain.Primitives;
using Serving.Contracts.Models;

namespace ControlPlane.Domain.Registry;

/// <summary>One immutable artifact of a model, and what was found out about it.</summary>
public sealed class ModelVersion : IStamped
{
    private ModelVersion()
    {
    }

    public VersionId Id { get; private set; }

    public ModelId ModelId { get; private set; }

    public string ModelName { get; private set; } = "";

    public int Number { get; private set; }

    public VersionState State { get; private set; }

    /// <summary><c>sha256:…</c> of the manifest.</summary>
    public string Digest { get; private set; } = "";

    public ArtifactManifest Manifest { get; private set; } = new([]);

    public long SizeBytes { get; private set; }

    public string FileName { get; private set; } = "";

    public InspectReport? Report { get; private set; }

    /// <summary>Those of the upload first, then those of the inspection.</summary>
    public IReadOnlyList<ModelCheck> Checks { get; private set; } = [];

    /// <summary>Detail of the check that failed.</summary>
    public string? RejectedReason { get; private set; }

    /// <summary>What the uploader says of it.</summary>
    public VersionNotes Notes { get; private set; } = new();

    public string UploadedBy { get; private set; } = "";

    public DateTimeOffset UploadedAt { get; private set; }

    public DateTimeOffset? ValidatedAt { get; private set; }

    /// <summary>Set when the files of a rejected version were removed.</summary>
    public DateTimeOffset? FilesDeletedAt { get; private set; }

    public long Stamp { get; set; }

    public ModelSignature? Signature => Report?.Signature;

    /// <param name="scanned">Checks that passed while the file came in.</param>
    public static ModelVersion Uploaded(
        Model model, int number, ArtifactManifest manifest, string fileName, IReadOnlyList<ModelCheck> scanned, VersionNotes notes, string uploadedBy, DateTimeOffset at) => new()
    {
        Id = VersionId.New(at),
        ModelId = model.Id,
        ModelName = model.Name,
        Number = number,
        State = VersionState.Validating,
        Digest = ArtifactDigest.Of(manifest),
        Manifest = manifest,
        SizeBytes = manifest.TotalSize(),
        FileName = fileName,
        Checks = scanned,
        Notes = notes,
        UploadedBy = uploadedBy,
        UploadedAt = at,
    };

    /// <summary>Takes the result of the inspection. A second one, from a repeated effect, changes nothing.</summary>
    public void Validated(InspectReport report, DateTimeOffset at)
    {
        if (State != VersionState.Validating)
            return;

        var failed = report.Checks.FirstOrDefault(check => check.Outcome == ModelCheck.Failed);
        Report = report;
        Checks = [.. Checks, .. report.Checks];
        State = failed is null ? VersionState.Ready : VersionState.Rejected;
        RejectedReason = failed?.Detail;
        ValidatedAt = at;
    }

    public void FilesDeleted(DateTimeOffset at) => FilesDeletedAt = at;
}

public enum VersionState
{
    Uploading,
    Validating,
    Ready,
    Rejected,
}

/// <summary>What an uploader says of a version.</summary>
/// <param name="Card">Model card, Markdown; never trusted as markup.</param>
/// <param name="Source">Link to the commit or run it came from.</param>
public sealed record VersionNotes(
    string? Text = null, IReadOnlyDictionary<string, double>? Metrics = null, IReadOnlyDictionary<string, string>? Parameters = null,
    IReadOnlyList<string>? Tags = null, string? Card = null, string? Source = null, string? Parent = null);

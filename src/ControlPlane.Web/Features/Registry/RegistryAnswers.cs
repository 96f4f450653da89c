using ControlPlane.Domain.Registry;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>A model as the interface answers it.</summary>
internal sealed record ModelAnswer(
    string Name, string Description, IReadOnlyList<string> Tags, string CreatedBy, DateTimeOffset CreatedAt, int Versions, string? Latest, IReadOnlyDictionary<string, string> Aliases)
{
    public static ModelAnswer Of(Model model) => new(model.Name, model.Description, model.Tags, model.CreatedBy, model.CreatedAt, 0, null, new Dictionary<string, string>(StringComparer.Ordinal));
}

/// <summary>A version as the interface answers it.</summary>
/// <param name="Version">Its number as text.</param>
/// <param name="Status"><c>Uploading</c>, <c>Validating</c>, <c>Ready</c> or <c>Rejected</c>.</param>
internal sealed record VersionAnswer(
    string Model, string Version, string Status, string Digest, long Size, string FileName, IReadOnlyList<ModelCheck> Checks, string? RejectedReason, ModelSignature? Signature,
    IReadOnlyDictionary<string, long>? Opset, InspectReport? Report, IReadOnlyList<ArtifactFile> Files, string? Notes, IReadOnlyDictionary<string, double>? Metrics,
    IReadOnlyDictionary<string, string>? Parameters, IReadOnlyList<string>? Tags, string? Card, LineageAnswer Lineage, IReadOnlyList<string> Aliases, string UploadedBy, DateTimeOffset UploadedAt,
    DateTimeOffset? ValidatedAt)
{
    public static VersionAnswer Of(ModelVersion version, IReadOnlyList<string> aliases) => new(
        version.ModelName, version.Number.ToString(), version.State.ToString(), version.Digest, version.SizeBytes, version.FileName, version.Checks, version.RejectedReason, version.Signature,
        version.Report?.Opsets, version.Report, version.Manifest.Files, version.Notes.Text, version.Notes.Metrics, version.Notes.Parameters, version.Notes.Tags, version.Notes.Card,
        new LineageAnswer(version.Notes.Source, version.Notes.Parent), aliases, version.UploadedBy, version.UploadedAt, version.ValidatedAt);
}

/// <param name="Source">Commit or run it came from.</param>
/// <param name="Parent">Version it was made from.</param>
internal sealed record LineageAnswer(string? Source, string? Parent);

/// <summary>What an upload answers at once.</summary>
internal sealed record AcceptedAnswer(string Model, string Version, string Status, string Digest)
{
    public static AcceptedAnswer Of(ModelVersion version) => new(version.ModelName, version.Number.ToString(), version.State.ToString(), version.Digest);
}

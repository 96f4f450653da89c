using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Registry;

/// <summary>A model as its page shows it.</summary>
/// <param name="Description">Markdown as the owner wrote it.</param>
public sealed record ModelView(
    string Name,
    string? Description,
    IReadOnlyList<string> Tags,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    int NextNumber,
    IReadOnlyList<AliasRow> Aliases,
    IReadOnlyList<VersionRow> Versions);

public sealed record AliasRow(string Name, int Number);

/// <param name="Inputs">Names, types and shapes in one line.</param>
public sealed record VersionRow(
    int Number,
    string State,
    string? RejectedReason,
    string UploadedBy,
    DateTimeOffset UploadedAt,
    long SizeBytes,
    string Inputs,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<ServingIn> Serving);

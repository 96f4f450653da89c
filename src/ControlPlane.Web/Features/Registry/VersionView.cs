using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Registry;

/// <summary>A version as its page shows it.</summary>
/// <param name="Notes">Markdown as the uploader wrote it.</param>
/// <param name="Source">Commit or run it came from, as the uploader says.</param>
public sealed record VersionView(
    string Model,
    int Number,
    string State,
    string? RejectedReason,
    string? Digest,
    string? ReleaseId,
    long SizeBytes,
    string? FileName,
    string UploadedBy,
    DateTimeOffset UploadedAt,
    string? Notes,
    string? Source,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<CheckRow> Checks,
    IReadOnlyList<TensorRow> Tensors,
    IReadOnlyDictionary<string, long> Operators,
    string? Opsets,
    string? Producer,
    long? Parameters,
    ProbeFigures? Probe,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<ServingIn> Serving,
    IReadOnlyList<FileRow> Files);

/// <param name="Outcome"><c>passed</c>, <c>warning</c> or <c>failed</c>.</param>
public sealed record CheckRow(string Check, string Outcome, string Detail, string? Remedy);

/// <param name="Direction">input or output.</param>
public sealed record TensorRow(string Name, string Direction, string Type, string Shape);

public sealed record ProbeFigures(double? P50Ms, double? P99Ms, double? LoadMs, long? MemoryBytes, int Runs);

public sealed record FileRow(string Path, long Size);

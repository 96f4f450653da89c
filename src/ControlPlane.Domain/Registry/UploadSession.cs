using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Registry;

/// <summary>An upload that comes in pieces. Its bytes lie in the artifact store; how many there are is what the file says.</summary>
public sealed class UploadSession : IStamped
{
    public required UploadId Id { get; init; }

    public required ModelId ModelId { get; init; }

    public required string ModelName { get; init; }

    public required string FileName { get; init; }

    /// <summary>Bytes announced.</summary>
    public required long Size { get; init; }

    /// <summary>64 hex digits announced, or null.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Version number wanted, or null for the next.</summary>
    public int? Version { get; init; }

    public VersionNotes Notes { get; init; } = new();

    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The version it became.</summary>
    public int? Completed { get; set; }

    public long Stamp { get; set; }
}

namespace Serving.Contracts.Models;

/// <summary>The files of one artifact, sorted by path (ordinal).</summary>
public sealed record ArtifactManifest(IReadOnlyList<ArtifactFile> Files)
{
    /// <summary>Bytes of all files together.</summary>
    public long TotalSize() => Files.Sum(file => file.Size);
}

/// <param name="Path">File name; artifacts have no folders.</param>
/// <param name="Sha256">64 lower-case hex digits.</param>
public sealed record ArtifactFile(string Path, long Size, string Sha256);

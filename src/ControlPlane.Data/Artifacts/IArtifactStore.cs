namespace ControlPlane.Data.Artifacts;

/// <summary>
/// Bytes by their SHA-256. What is written goes into a <em>part</em> first, under a name of its own, and becomes visible whole or not at all.
/// All implementations are thread-safe; one part has one writer.
/// </summary>
public interface IArtifactStore
{
    /// <summary>Opens a part for writing at <paramref name="offset"/>, which must be its length; makes it at offset 0.</summary>
    /// <exception cref="PartOffsetException">It has another length, or another writer has it.</exception>
    Task<Stream> WritePartAsync(string part, long offset, CancellationToken cancel);

    /// <returns>Bytes there so far; null: there is no such part.</returns>
    Task<long?> PartLengthAsync(string part, CancellationToken cancel);

    Task<Stream> ReadPartAsync(string part, CancellationToken cancel);

    /// <summary>Turns a part into the file of this hash, durably. The caller has computed the hash. Where the file exists already the part is dropped.</summary>
    Task KeepAsync(string part, string sha256, CancellationToken cancel);

    Task DropPartAsync(string part, CancellationToken cancel);

    /// <returns>A stream that can seek; null: there is no such file.</returns>
    Task<Stream?> ReadAsync(string sha256, CancellationToken cancel);

    /// <summary>Deletes a file, unless it was kept again since <paramref name="before"/>.</summary>
    Task DeleteAsync(string sha256, DateTimeOffset before, CancellationToken cancel);

    /// <summary>Hashes of the files last written before <paramref name="before"/>.</summary>
    IAsyncEnumerable<string> ListAsync(DateTimeOffset before, CancellationToken cancel);

    /// <summary>Drops the parts last written before <paramref name="before"/>.</summary>
    /// <returns>How many there were.</returns>
    Task<int> SweepPartsAsync(DateTimeOffset before, CancellationToken cancel);

    /// <summary>A file of this computer with these bytes, which a child process may read; null where there is none.</summary>
    string? LocalPath(string sha256);

    /// <returns>Bytes that may still be stored; null where nobody knows.</returns>
    long? FreeBytes();
}

/// <summary>A part does not have the length at which it was to be continued.</summary>
public sealed class PartOffsetException(long length) : IOException($"The part has {length} bytes.")
{
    public long Length => length;
}

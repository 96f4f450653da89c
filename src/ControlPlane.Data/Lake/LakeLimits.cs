namespace ControlPlane.Data.Lake;

/// <summary>What the log lake may cost the process that reads and receives it.</summary>
/// <param name="Readers">Queries at the same time; more wait.</param>
/// <param name="ReaderMemoryMb">Memory of one query, MiB; a query that needs more fails.</param>
/// <param name="FilesAtOnce">Segments named in one query.</param>
/// <param name="LongestSegment">Bytes of one segment; more is refused.</param>
/// <param name="OldestSearchedDays">How far back a request is looked for whose id does not tell its time.</param>
public sealed record LakeLimits(int Readers = 2, int ReaderMemoryMb = 256, int FilesAtOnce = 2_000, long LongestSegment = 64L << 20, int OldestSearchedDays = 31)
{
    public TimeSpan OldestSearched => TimeSpan.FromDays(OldestSearchedDays);
}

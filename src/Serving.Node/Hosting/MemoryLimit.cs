using System.Runtime.InteropServices;

namespace Serving.Node.Hosting;

/// <summary>
/// A bound on the memory of this process, so that a request for an enormous tensor is refused by the allocator and answered with an error,
/// where otherwise the system would end the process with all its models.
/// </summary>
internal static partial class MemoryLimit
{
    private const int DataSegment = 2; // RLIMIT_DATA: private writable memory, heaps of all kinds
    private const double DefaultShare = 0.75;
    private const long Least = 1L << 30;

    /// <param name="bytes">0: three quarters of what the machine or the container has.</param>
    /// <returns>The limit set; 0 where the system has none.</returns>
    public static long Set(long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return 0;

        var limit = bytes > 0 ? bytes : Math.Max(Least, (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * DefaultShare));
        if (GetLimit(DataSegment, out var now) != 0 || now.Soft <= (ulong)limit)
            return 0;
        return SetLimit(DataSegment, now with { Soft = Math.Min((ulong)limit, now.Hard) }) == 0 ? limit : 0;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}

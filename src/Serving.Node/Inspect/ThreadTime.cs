using System.Runtime.InteropServices;

namespace Serving.Node.Inspect;

/// <summary>
/// Timestamps that count the processor time of the calling thread, nanoseconds: on idle time a run may be stopped in its middle for as long as others want the
/// core, which says nothing of the model. Meant for runs of one thread; has neither timers nor a date of its own.
/// </summary>
internal sealed partial class ThreadTime : TimeProvider
{
    private const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID

    private ThreadTime()
    {
    }

    /// <summary>The system's own time where threads have no clock.</summary>
    public static TimeProvider Best { get; } = OperatingSystem.IsLinux() ? new ThreadTime() : System;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp()
    {
        _ = Read(ThreadClock, out var now);
        return now.Seconds * TimestampFrequency + now.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out Moment now);

    /// <summary>struct timespec on systems of 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Moment
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Serving.Node.Benchmarks.Load;

/// <summary>Waits to within some microseconds. Timers of the runtime wake up to a millisecond late, and spinning would take a core from the server.</summary>
internal static partial class Pace
{
    private static readonly TimeSpan _worthSleeping = TimeSpan.FromMicroseconds(20);

    public static void WaitUntil(long timestamp)
    {
        while (true)
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
            if (left <= TimeSpan.Zero)
                return;
            if (left < _worthSleeping)
            {
                Thread.SpinWait(20);
                continue;
            }

            var time = new TimeSpec((long)left.TotalSeconds, left.Ticks % TimeSpan.TicksPerSecond * 100);
            _ = Sleep(in time, IntPtr.Zero);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec(long seconds, long nanoseconds)
    {
        public readonly long Seconds = seconds;
        public readonly long Nanoseconds = nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Sleep(in TimeSpec time, IntPtr left);
}

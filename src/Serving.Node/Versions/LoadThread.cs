using System.Runtime.InteropServices;

namespace Serving.Node.Versions;

/// <summary>
/// Work that takes a core for a while, on a thread of its own that gives way to every other: beside it, requests keep their times. The runtime's own thread
/// priorities do nothing on Linux. Threads that the work starts inherit the priority and cannot get rid of it, so it must start none that last.
/// </summary>
/// <remarks>
/// A low priority alone is a small share, not a quick way out: since Linux 6.6 a thread that wakes up waits for the end of the running one's slice. Since 6.12
/// a thread may ask for its own slice, and one that wakes up with a shorter slice takes the core at once (sched_setattr(2), sched_runtime). Older kernels
/// ignore what is asked and let the higher priority in anyway.
/// </remarks>
internal static partial class LoadThread
{
    private const int ProcessPriority = 0; // PRIO_PROCESS; with a thread's number it is that thread's alone
    private const int Nice = 10;

    /// <summary>The longest slice that the kernel gives, nanoseconds: everybody else's is shorter.</summary>
    private const ulong Slice = 100_000_000;

    public static Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            GiveWay();
            try
            {
                done.SetResult(work());
            }
            catch (Exception failed)
            {
                done.SetException(failed);
            }
        })
        {
            IsBackground = true,
            Name = "load",
        };
        thread.Start();
        return done.Task;
    }

    /// <summary>How far the calling thread goes behind others; 0: not at all.</summary>
    public static int OfThisThread() => OperatingSystem.IsLinux() ? GetPriority(ProcessPriority, ThreadId()) : 0;

    private static void GiveWay()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _ = SetPriority(ProcessPriority, ThreadId(), Nice);
        var attributes = new SchedulingAttributes { Size = (uint)Marshal.SizeOf<SchedulingAttributes>(), Nice = Nice, Runtime = Slice };
        if (SetAttributesCall is { } call)
            _ = SystemCall(call, 0, ref attributes, 0);
    }

    /// <summary>The number of sched_setattr, which the C library of many systems has no function for yet.</summary>
    private static nint? SetAttributesCall => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, int who);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint thread, ref SchedulingAttributes attributes, nint flags);

    /// <summary>struct sched_attr, first version; policy 0 is the ordinary one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }
}

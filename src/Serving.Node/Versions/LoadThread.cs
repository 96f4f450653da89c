using System.Runtime.InteropServices;

namespace Serving.Node.Versions;

/// <summary>
/// Work that takes a core for a while, on a thread of its own that gives way to every other: beside it, requests keep their times. The runtime's own thread
/// priorities do nothing on Linux. Threads that the work starts inherit the priority and cannot get rid of it, so it must start none that last.
/// </summary>
internal static partial class LoadThread
{
    private const int ProcessPriority = 0; // PRIO_PROCESS; with a thread's number it is that thread's alone
    private const int Nice = 10;

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
        if (OperatingSystem.IsLinux())
            _ = SetPriority(ProcessPriority, ThreadId(), Nice);
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, int who);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();
}

using System.Runtime.InteropServices;

namespace Testing.Processes;

/// <summary>Signals to processes that the code under test started, by their pid.</summary>
public static class Signals
{
    public static void Kill(int pid) => _ = Send(pid, 9);

    public static void Terminate(int pid) => _ = Send(pid, 15);

    /// <summary>Stops it in its tracks, as a machine that hangs.</summary>
    public static void Pause(int pid) => _ = Send(pid, 19);

    public static void Resume(int pid) => _ = Send(pid, 18);

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Send(int pid, int signal);
}

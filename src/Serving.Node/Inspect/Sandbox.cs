using System.Diagnostics;

namespace Serving.Node.Inspect;

/// <summary>Whether the system lets a process be started without network, and for idle time only. Each is asked once.</summary>
internal sealed partial class Sandbox(ILogger<Sandbox> logger)
{
    private bool? _canUnshare;
    private bool? _canIdle;

    public async Task<bool> CanUnshareAsync()
    {
        if (_canUnshare is { } known)
            return known;
        var can = await TryAsync("unshare", ["-rn", "true"]);
        if (!can)
            LogWithNetwork();
        _canUnshare = can;
        return can;
    }

    public async Task<bool> CanIdleAsync() => _canIdle ??= await TryAsync("chrt", ["-i", "0", "true"]);

    private static async Task<bool> TryAsync(string program, string[] arguments)
    {
        try
        {
            using var trial = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true });
            await trial!.WaitForExitAsync();
            return trial.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Probes and workers run with the network: unshare is not allowed here")]
    private partial void LogWithNetwork();
}

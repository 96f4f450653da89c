using System.Diagnostics;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;

namespace Serving.Node.Inspect;

/// <summary>Runs <c>inspect</c> in a throw-away process and reads its report.</summary>
internal sealed partial class ProbeProcess(TimeSpan longest, TimeProvider time, ILogger<ProbeProcess> logger)
{
    private const int LongestReport = 4 << 20;
    private const int FirstSignalExit = 128;

    private bool? _canUnshare;

    /// <param name="folder">Holds the artifact's files.</param>
    public async Task<ProbeOutcome> RunAsync(string folder, CancellationToken cancel)
    {
        var temporary = Directory.CreateTempSubdirectory("probe-").FullName;
        try
        {
            var start = ChildCommand.Build(ChildCommand.Self(), ["inspect", folder], temporary, await CanUnshareAsync());
            using var child = Process.Start(start)!;
            child.StandardInput.Close();
            return await WatchAsync(child, cancel);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private async Task<ProbeOutcome> WatchAsync(Process child, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            var output = ReadAsync(child.StandardOutput, either.Token);
            var errors = ReadAsync(child.StandardError, either.Token);
            await child.WaitForExitAsync(either.Token);
            return Read(child.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync(CancellationToken.None);
            cancel.ThrowIfCancellationRequested();
            return new ProbeOutcome(null, $"did not end in {longest.TotalSeconds:0} s and was killed");
        }
    }

    private static ProbeOutcome Read(int exitCode, string output, string errors)
    {
        if (exitCode > FirstSignalExit)
            return new ProbeOutcome(null, $"signal {exitCode - FirstSignalExit}");
        if (exitCode != 0)
            return new ProbeOutcome(null, $"exit code {exitCode}: {errors.Trim().Split('\n')[^1]}");

        try
        {
            return new ProbeOutcome(JsonSerializer.Deserialize(output, ContractsJson.Default.InspectReport), null);
        }
        catch (JsonException)
        {
            return new ProbeOutcome(null, "its report could not be read");
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        var text = new char[LongestReport];
        var length = await reader.ReadBlockAsync(text, cancel);
        return new string(text, 0, length);
    }

    private async Task<bool> CanUnshareAsync()
    {
        if (_canUnshare is { } known)
            return known;
        var can = await TryUnshareAsync();
        if (!can)
            LogWithNetwork();
        _canUnshare = can;
        return can;
    }

    private static async Task<bool> TryUnshareAsync()
    {
        try
        {
            using var trial = Process.Start(new ProcessStartInfo("unshare", ["-rn", "true"]) { UseShellExecute = false, RedirectStandardError = true });
            await trial!.WaitForExitAsync();
            return trial.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Probes run with the network: unshare is not allowed here")]
    private partial void LogWithNetwork();
}

/// <param name="Report">What was found; null: the process ended before it could say.</param>
/// <param name="Crash">How it ended then: <c>signal 11</c>.</param>
internal sealed record ProbeOutcome(InspectReport? Report, string? Crash);

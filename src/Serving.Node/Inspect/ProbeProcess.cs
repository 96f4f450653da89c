using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;

namespace Serving.Node.Inspect;

/// <summary>Runs <c>probe</c> in a throw-away process and reads its report.</summary>
/// <param name="longest">Until it must have ended, once it takes a share of the processors that others want as well.</param>
internal sealed class ProbeProcess(TimeSpan longest, Sandbox sandbox, TimeProvider time)
{
    private const int LongestReport = 4 << 20;
    private const int NotExecutable = 126;
    private const int NotFound = 127;
    private const int FirstSignalExit = 128;
    private const int IdlePart = 9;

    /// <summary>On idle time first. Where there is none it begins again and takes a share: a node that is busy for good must not keep a release out.</summary>
    /// <param name="folder">Holds the artifact's files.</param>
    /// <param name="batches">Rows of the largest batch to measure; 0: none.</param>
    public async Task<ProbeOutcome> RunAsync(string folder, int batches, CancellationToken cancel) =>
        await sandbox.CanIdleAsync() && await RunAsync(folder, batches, ChildLimits.IdleProbe, longest / IdlePart, cancel) is { IsLate: false } outcome
            ? outcome
            : await RunAsync(folder, batches, ChildLimits.Probe, longest, cancel);

    private async Task<ProbeOutcome> RunAsync(string folder, int batches, ChildLimits limits, TimeSpan within, CancellationToken cancel)
    {
        var temporary = Directory.CreateTempSubdirectory("probe-").FullName;
        try
        {
            var start = ChildCommand.Build(ChildCommand.Self(), [InspectCommand.ProbeVerb, folder, batches.ToString(CultureInfo.InvariantCulture)], temporary, limits, await sandbox.CanUnshareAsync());
            using var child = Process.Start(start)!;
            child.StandardInput.Close();
            return await WatchAsync(child, within, cancel);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private async Task<ProbeOutcome> WatchAsync(Process child, TimeSpan within, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(within, time);
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
            return new ProbeOutcome(null, $"did not end in {within.TotalSeconds:0} s and was killed", IsLate: true);
        }
    }

    private static ProbeOutcome Read(int exitCode, string output, string errors)
    {
        if (exitCode > FirstSignalExit)
            return new ProbeOutcome(null, $"signal {exitCode - FirstSignalExit}");
        if (exitCode is NotExecutable or NotFound)
            return new ProbeOutcome(null, null, $"The probe could not be started (exit code {exitCode}): {errors.Trim().Split('\n')[^1]}");
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
}

/// <param name="Report">What was found; null: the process ended before it could say.</param>
/// <param name="Crash">How it ended then: <c>signal 11</c>.</param>
/// <param name="NotStarted">Why it did not even begin, which says nothing about the release.</param>
/// <param name="IsLate">It did not end in its time.</param>
internal sealed record ProbeOutcome(InspectReport? Report, string? Crash, string? NotStarted = null, bool IsLate = false);

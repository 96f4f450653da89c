using System.Diagnostics;
using System.Text.Json;
using ControlPlane.Data.Artifacts;
using Microsoft.Extensions.Options;
using Serving.Contracts;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Has <c>Serving.Node inspect</c> look at an artifact. Whatever the file does to that process, here it is a failed check.</summary>
internal sealed partial class VersionInspector(IArtifactStore store, IOptions<InspectOptions> options, TimeProvider time, ILogger<VersionInspector> logger)
{
    private const int LongestReport = 4 << 20;
    private const int FirstSignalExit = 128;

    private readonly Lazy<Task<bool>> _canUnshare = new(CanUnshareAsync);

    public async Task<InspectReport> InspectAsync(ArtifactManifest manifest, CancellationToken cancel)
    {
        var place = Directory.CreateTempSubdirectory("inspect-").FullName;
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(place, "artifact")).FullName;
            var temporary = Directory.CreateDirectory(Path.Combine(place, "tmp")).FullName;
            await LayOutAsync(manifest, folder, cancel);
            var withoutNetwork = await _canUnshare.Value;
            if (!withoutNetwork)
                LogNetwork();
            using var child = Process.Start(InspectCommandLine.Of(options.Value, folder, temporary, withoutNetwork))!;
            child.StandardInput.Close();
            return WithoutPath(await WatchAsync(child, cancel), folder);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    /// <summary>Where the files lay for the moment is of no use to anybody.</summary>
    private static InspectReport WithoutPath(InspectReport report, string folder) => report with
    {
        Checks = [.. report.Checks.Select(check => check with { Detail = check.Detail.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal) })],
    };

    private async Task LayOutAsync(ArtifactManifest manifest, string folder, CancellationToken cancel)
    {
        foreach (var file in manifest.Files)
        {
            await using var from = await store.ReadAsync(file.Sha256, cancel) ?? throw new FileNotFoundException($"The artifact store has lost {file.Sha256}.");
            await using var to = File.Create(Path.Combine(folder, file.Path));
            await from.CopyToAsync(to, cancel);
        }
    }

    private async Task<InspectReport> WatchAsync(Process child, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(options.Value.InspectTimeout, time);
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
            return Failed($"The model did not load within {options.Value.InspectTimeout.TotalSeconds:0} s.", "Make it smaller, or look for a constant that takes long to compute when the model is loaded.");
        }
    }

    private InspectReport Read(int exitCode, string output, string errors)
    {
        if (exitCode == 0)
        {
            try
            {
                if (JsonSerializer.Deserialize(output, ContractsJson.Default.InspectReport) is { } report)
                    return report;
            }
            catch (JsonException)
            {
                LogUnreadable(errors);
            }
        }

        LogCrash(exitCode, errors);
        var how = exitCode > FirstSignalExit ? $"signal {exitCode - FirstSignalExit}" : $"exit code {exitCode}";
        return Failed(
            $"The process that loaded the model ended by {how} before it could report. Its limits: {options.Value.InspectMemory >> 20} MiB of memory, 60 s of processor time.",
            "Load the file with ONNX Runtime on your own machine; if it takes that much memory there too, make the model smaller.");
    }

    private static InspectReport Failed(string detail, string remedy) =>
        new() { Checks = [new ModelCheck(ModelChecks.Loads, ModelCheck.Failed, detail, remedy)] };

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        var text = new char[LongestReport];
        return new string(text, 0, await reader.ReadBlockAsync(text, cancel));
    }

    private static async Task<bool> CanUnshareAsync()
    {
        try
        {
            using var trial = Process.Start(new ProcessStartInfo("unshare", ["-rn", "true"]) { UseShellExecute = false, RedirectStandardError = true })!;
            await trial.WaitForExitAsync();
            return trial.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "This system does not let the inspection run without network (unshare -rn)")]
    private partial void LogNetwork();

    [LoggerMessage(LogLevel.Warning, "An inspection ended with {ExitCode}: {Errors}")]
    private partial void LogCrash(int exitCode, string errors);

    [LoggerMessage(LogLevel.Warning, "The report of an inspection cannot be read: {Errors}")]
    private partial void LogUnreadable(string errors);
}

using Microsoft.ML.OnnxRuntime;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Serving.Node.Hosting;
using Serving.Node.Inspect;
using Serving.Node.Predict;

namespace Serving.Node.Versions;

/// <summary>Takes one release into memory: fetch → probe in a process of its own → load → warm up → golden samples.</summary>
internal sealed class ReleaseLoader(ArtifactCache cache, BootLedger ledger, NodePaths paths, NodeOptions options, TimeProvider time, ILogger<ProbeProcess> logger)
{
    private static readonly TimeSpan _warmUpWithin = TimeSpan.FromSeconds(10);

    private readonly ProbeProcess _probe = new(options.ProbeTimeout, time, logger);

    /// <exception cref="ReleaseRefusedException">One of the steps failed; nothing is left in memory.</exception>
    public async Task<LoadedRelease> LoadAsync(string id, DesiredState state, IReadOnlySet<string> pinned, CancellationToken cancel)
    {
        if (ledger.QuarantineOf(id) is { } quarantine)
        {
            throw new ReleaseRefusedException(id, quarantine.Reason, quarantine.Reason == RejectionReasons.CrashLoop
                ? $"This release took the serving process down three times in ten minutes; it is quarantined here since {quarantine.At:u}."
                : $"The probe of this release crashed; it is quarantined here since {quarantine.At:u}.", quarantine: true);
        }

        var release = state.Releases[id];
        var folder = await cache.EnsureAsync(id, release.Artifact, state.Artifacts[release.Artifact], pinned, cancel);
        await ProbeAsync(id, folder, cancel);
        cancel.ThrowIfCancellationRequested();
        ledger.Mark(id);
        FailPoint.Hit("node.load.before");
        FailPoint.Hit($"node.load.before.{id}");
        try
        {
            return Load(id, release, folder);
        }
        finally
        {
            ledger.LoadEnded(id);
        }
    }

    private async Task ProbeAsync(string id, string folder, CancellationToken cancel)
    {
        var proof = Path.Combine(paths.Probed, $"{id}.{OrtEnv.Instance().GetVersionString()}");
        if (File.Exists(proof))
            return;

        var outcome = await _probe.RunAsync(folder, cancel);
        if (outcome.Report is not { } report)
        {
            ledger.Quarantine(id, RejectionReasons.ProbeCrashed);
            throw new ReleaseRefusedException(id, RejectionReasons.ProbeCrashed, $"ProbeCrashed: {outcome.Crash}. The serving process is not affected; the release is quarantined on this node.", quarantine: true);
        }

        if (report.Checks.FirstOrDefault(check => check.Outcome == ModelCheck.Failed) is { } failed)
            throw new ReleaseRefusedException(id, failed.Check == ModelChecks.Golden ? RejectionReasons.SmokeFailed : RejectionReasons.LoadFailed, failed.Detail);

        Directory.CreateDirectory(paths.Probed);
        await File.WriteAllBytesAsync(proof, [], cancel);
    }

    private LoadedRelease Load(string id, ReleaseState release, string folder)
    {
        OnnxModel model;
        try
        {
            model = OnnxModel.Load(Directory.GetFiles(folder, "*.onnx").Single(), release.Runtime);
        }
        catch (Exception refused) when (refused is OnnxRuntimeException or NotSupportedException or InvalidOperationException or OutOfMemoryException)
        {
            throw new ReleaseRefusedException(id, RejectionReasons.LoadFailed, refused.Message);
        }

        try
        {
            WarmUp(model);
            CheckGolden(id, model, folder);
        }
        catch
        {
            model.Dispose();
            throw;
        }

        return new LoadedRelease(id, release, model, time);
    }

    /// <summary>Pays for lazy initialisation before the first caller does. Zeros may be no fair input, so nothing that goes wrong here counts.</summary>
    private void WarmUp(OnnxModel model)
    {
        using var call = new ModelCall(model);
        if (!SyntheticInput.Fill(call))
            return;
        using var run = new RunOptions();
        using var timer = time.CreateTimer(static state => ((RunOptions)state!).Terminate = true, run, _warmUpWithin, Timeout.InfiniteTimeSpan);
        try
        {
            call.Run(run);
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or NotSupportedException)
        {
            // The version's report says so as a warning.
        }
    }

    private void CheckGolden(string id, OnnxModel model, string folder)
    {
        var path = Path.Combine(folder, "golden.jsonl");
        if (!File.Exists(path))
            return;

        foreach (var sample in GoldenSample.ReadAll(path))
        {
            using var run = new RunOptions();
            using var timer = time.CreateTimer(static state => ((RunOptions)state!).Terminate = true, run, _warmUpWithin, Timeout.InfiniteTimeSpan);
            try
            {
                if (GoldenCheck.DifferenceOf(model, sample, run) is { } difference)
                    throw new ReleaseRefusedException(id, RejectionReasons.SmokeFailed, difference);
            }
            catch (OnnxRuntimeException) when (run.Terminate)
            {
                // Slow is not wrong: a time-out never refuses a release.
            }
            catch (OnnxRuntimeException failed)
            {
                throw new ReleaseRefusedException(id, RejectionReasons.SmokeFailed, $"Sample {sample.Name}: {failed.Message}");
            }
        }
    }
}

using Microsoft.ML.OnnxRuntime;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Serving.Node.Hosting;
using Serving.Node.Inspect;
using Serving.Node.Predict;
using Serving.Node.Workers;

namespace Serving.Node.Versions;

/// <summary>Takes one release into memory: fetch → probe in a process of its own → load → warm up → golden samples.</summary>
internal sealed class ReleaseLoader(ArtifactCache cache, BootLedger ledger, WorkerStarter workers, Sandbox sandbox, NodePaths paths, NodeOptions options, TimeProvider time)
{
    private const long OtherMemory = 16 << 20;
    private const int MostGrowth = 4;

    private static readonly TimeSpan _warmUpWithin = TimeSpan.FromSeconds(10);

    private readonly ProbeProcess _probe = new(options.ProbeTimeout, sandbox, time);

    /// <summary>Once, before the first load.</summary>
    public void SweepDownloads() => cache.Sweep();

    /// <exception cref="ReleaseRefusedException">One of the steps failed; nothing is left in memory.</exception>
    public async Task<LoadedRelease> LoadAsync(string id, DesiredState state, IReadOnlySet<string> pinned, CancellationToken cancel)
    {
        if (ledger.QuarantineOf(id) is { } quarantine)
        {
            throw new ReleaseRefusedException(id, quarantine.Reason, quarantine.Reason == RejectionReasons.CrashLoop
                ? $"This release took the process it ran in down three times in ten minutes; it is quarantined here since {quarantine.At:u}."
                : $"The probe of this release crashed; it is quarantined here since {quarantine.At:u}.", quarantine: true);
        }

        var release = state.Releases[id];
        var folder = await cache.EnsureAsync(id, release.Artifact, state.Artifacts[release.Artifact], pinned, cancel);
        var costs = await ProbeAsync(id, release.Runtime, folder, cancel);
        cancel.ThrowIfCancellationRequested();
        if (release.Runtime.Isolation == RuntimeConfiguration.Process)
            return await StartAsync(id, release, folder, cancel);

        ledger.Mark(id);
        FailPoint.Hit("node.load.before");
        FailPoint.Hit($"node.load.before.{id}");
        try
        {
            // A pool of threads for one run is started by the load and would keep its low priority.
            return release.Runtime.Threads == 1
                ? await LoadThread.RunAsync(() => Load(id, release, folder, costs))
                : Load(id, release, folder, costs);
        }
        finally
        {
            ledger.LoadEnded(id);
        }
    }

    /// <summary>Once a release and runtime: what came of it is kept.</summary>
    /// <returns>What batches cost, which the probe measures on idle time; null: to be measured where it is loaded, as it will run.</returns>
    private async Task<IReadOnlyList<BatchCost>?> ProbeAsync(string id, RuntimeConfiguration runtime, string folder, CancellationToken cancel)
    {
        var proof = new ProbeProof(Path.Combine(paths.Probed, $"{id}.{OrtEnv.Instance().GetVersionString()}"));
        if (proof.Exists)
            return await proof.ReadAsync(cancel);

        // The probe runs a model by one thread in its own process.
        var runsAlike = runtime is { Threads: 1, Isolation: not RuntimeConfiguration.Process };
        var outcome = await _probe.RunAsync(folder, runsAlike ? BatchCurve.MostRows(runtime.Batching) : 0, cancel);
        if (outcome.NotStarted is { } notStarted)
            throw new ReleaseRefusedException(id, RejectionReasons.LoadFailed, notStarted);
        if (outcome.Report is not { } report)
        {
            ledger.Quarantine(id, RejectionReasons.ProbeCrashed);
            throw new ReleaseRefusedException(id, RejectionReasons.ProbeCrashed, $"ProbeCrashed: {outcome.Crash}. The serving process is not affected; the release is quarantined on this node.", quarantine: true);
        }

        if (report.Checks.FirstOrDefault(check => check.Outcome == ModelCheck.Failed) is { } failed)
            throw new ReleaseRefusedException(id, failed.Check == ModelChecks.Golden ? RejectionReasons.SmokeFailed : RejectionReasons.LoadFailed, failed.Detail);

        await proof.WriteAsync(report.BatchCosts, cancel);
        return report.BatchCosts;
    }

    private LoadedRelease Load(string id, ReleaseState release, string folder, IReadOnlyList<BatchCost>? costs)
    {
        var before = Environment.WorkingSet;
        OnnxModel model;
        try
        {
            model = OnnxModel.Load(ModelIn(folder), release.Runtime, id);
        }
        catch (Exception refused) when (refused is OnnxRuntimeException or NotSupportedException or InvalidOperationException or OutOfMemoryException)
        {
            throw new ReleaseRefusedException(id, RejectionReasons.LoadFailed, refused.Message);
        }

        // Requests of others take and give memory meanwhile; nothing a model of this size takes lies beyond these bounds.
        var most = OtherMemory + MostGrowth * new FileInfo(ModelIn(folder)).Length;
        return Prove(id, release, model, folder, costs, () => Math.Clamp(Environment.WorkingSet - before, 0, most));
    }

    /// <summary>The same in a process of its own, which may die of it without harm to this one.</summary>
    private async Task<LoadedRelease> StartAsync(string id, ReleaseState release, string folder, CancellationToken cancel)
    {
        try
        {
            // A state written by hand may say anything.
            var limit = release.Runtime.Memory is { } own ? Math.Clamp(own, RuntimeConfiguration.LeastMemory, RuntimeConfiguration.MostMemory) : options.WorkerMemory;
            var order = new WorkerOrder(id, ModelIn(folder), release.Runtime.Threads, limit);
            var model = await workers.ServeAsync(order, () => ledger.Crashed(id), cancel);
            var loaded = await LoadThread.RunAsync(() => Prove(id, release, model, folder, costs: null, () => model.MemoryBytes));
            if (loaded.MemoryBytes <= limit)
                return loaded;
            // Each that replaced it would be replaced at once.
            loaded.Retire();
            throw new ReleaseRefusedException(id, RejectionReasons.LoadFailed,
                $"The process that was to run this release held {loaded.MemoryBytes >> 20} MiB when it was warm, more than its limit of {limit >> 20} MiB (runtime.memory, else Node__WorkerMemory).");
        }
        catch (WorkerDiedException died)
        {
            var isQuarantined = ledger.Crashed(id);
            throw new ReleaseRefusedException(id, isQuarantined ? RejectionReasons.CrashLoop : RejectionReasons.WorkerCrashed,
                $"The process that was to run this release died while it loaded it: {died.Message}. The serving process is not affected.{(isQuarantined ? " It was the third time in ten minutes: the release is quarantined on this node." : "")}",
                isQuarantined);
        }
        catch (UnavailableException)
        {
            // While it was warmed up; that has been counted.
            throw ledger.QuarantineOf(id) is null
                ? new ReleaseRefusedException(id, RejectionReasons.WorkerCrashed, "The process that was to run this release died while it was warmed up. The serving process is not affected.")
                : new ReleaseRefusedException(id, RejectionReasons.CrashLoop, "The process that was to run this release died three times in ten minutes, at last while it was warmed up; it is quarantined on this node.", quarantine: true);
        }
        catch (Exception refused) when (refused is ModelRefusedException or NotSupportedException)
        {
            throw new ReleaseRefusedException(id, RejectionReasons.LoadFailed, refused.Message);
        }
    }

    private LoadedRelease Prove(string id, ReleaseState release, ServedModel model, string folder, IReadOnlyList<BatchCost>? costs, Func<long> memory)
    {
        try
        {
            WarmUp(model);
            CheckGolden(id, model, folder);
            var batching = release.Runtime.Batching;
            var plan = costs is null ? BatchCurve.PlanOf(model, batching, time) : BatchCurve.PlanOf(costs, batching, time);
            return new LoadedRelease(id, release, model, plan, time) { MemoryBytes = memory() };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static string ModelIn(string folder) => Directory.GetFiles(folder, "*.onnx").Single();

    /// <summary>Pays for lazy initialisation before the first caller does. Zeros may be no fair input, so nothing that goes wrong here counts.</summary>
    private void WarmUp(ServedModel model)
    {
        using var call = new ModelCall(model);
        if (!SyntheticInput.Fill(call))
            return;
        using var slot = new RunSlot(model.NewPlace(), time);
        try
        {
            slot.Run(call, WarmUpEnd());
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or RunFailedException or NotSupportedException or DeadlineException)
        {
            // The version's report says so as a warning.
        }
    }

    private void CheckGolden(string id, ServedModel model, string folder)
    {
        var path = Path.Combine(folder, "golden.jsonl");
        if (!File.Exists(path))
            return;

        using var slot = new RunSlot(model.NewPlace(), time);
        foreach (var sample in GoldenSample.ReadAll(path))
        {
            try
            {
                if (GoldenCheck.DifferenceOf(model, sample, slot, WarmUpEnd()) is { } difference)
                    throw new ReleaseRefusedException(id, RejectionReasons.SmokeFailed, difference);
            }
            catch (DeadlineException)
            {
                // Slow is not wrong: a time-out never refuses a release.
            }
            catch (Exception failed) when (failed is OnnxRuntimeException or RunFailedException)
            {
                throw new ReleaseRefusedException(id, RejectionReasons.SmokeFailed, $"Sample {sample.Name}: {failed.Message}");
            }
        }
    }

    private long WarmUpEnd() => time.GetTimestamp() + (long)(_warmUpWithin.TotalSeconds * time.TimestampFrequency);
}

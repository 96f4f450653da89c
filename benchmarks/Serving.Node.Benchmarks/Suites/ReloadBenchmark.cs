using System.Diagnostics;
using System.Globalization;
using System.Text;
using Serving.Contracts.State;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Predict;
using Serving.Node.Versions;
using Testing;
using Testing.Processes;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>A thousand times: load a model of 3 MB, run it, let it go. What is left of it in memory.</summary>
internal static class ReloadBenchmark
{
    public const string Name = "reload";

    private const int Cycles = 1_000;
    private const int Settling = 100;

    public static async Task<Section> RunAsync(Settings settings)
    {
        var cycles = settings.Rounds < 9 ? 3 * Settling : Cycles;
        var path = Path.Combine(Repository.Shared, "models", "good", "magika_v3_3.onnx");
        var state = new ReleaseState("sha256:0", "magika", "1", new RuntimeConfiguration());
        var text = new StringBuilder("| cycles | resident MiB | threads | ms a cycle |\n|---|---|---|---|\n");
        var watch = Stopwatch.StartNew();
        var seen = new List<long>();
        for (var cycle = 1; cycle <= cycles; cycle++)
        {
            var model = await LoadThread.RunAsync(() => OnnxModel.Load(path, state.Runtime));
            using (var release = new LoadedRelease("rel-1", state, model, BatchPlan.Single, TimeProvider.System))
                await RunOnceAsync(release);
            if (cycle % Settling != 0)
                continue;
            using var self = Process.GetCurrentProcess();
            seen.Add(ChildProcess.ResidentBytesOf(self.Id));
            text.Append(CultureInfo.InvariantCulture, $"| {cycle:# ##0} | {seen[^1] / 1048576.0:0.0} | {self.Threads.Count} | {watch.Elapsed.TotalMilliseconds / Settling:0.0} |\n");
            watch.Restart();
        }

        text.Append("\nIn one process, without probes: loaded as a node does, run once, let go.\n");
        var growth = Spread.Of([seen[^1] / (double)seen[0]]);
        return new Section(Name, [new Figure($"memory after {cycles:0} loads against that after {Settling}", growth, 1.05, AtLeast: false, "0.00", " ×")], text.ToString());
    }

    private static async Task RunOnceAsync(LoadedRelease release)
    {
        var call = release.Model.Rent();
        SyntheticInput.Fill(call);
        await release.Runner.RunAsync(call, long.MaxValue);
        release.Model.Return(call);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Serving.Contracts.State;
using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;
using Serving.Node.Hosting;
using Serving.Node.Inspect;
using Serving.Node.Predict;
using Serving.Node.Workers;
using Testing;
using Testing.Models;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>One run of a model in this process and in one of its own, one caller: small ones, and one that answers its input of 64 KiB.</summary>
internal static class WorkerBenchmark
{
    public const string Name = "worker";

    private const int Runs = 5_000;
    private const long Memory = 1L << 30;

    public static async Task<Section> RunAsync(Settings settings)
    {
        var root = Directory.CreateTempSubdirectory("worker-benchmark-").FullName;
        var text = new StringBuilder("| model | in this process: p50 µs | p99 µs | in its own: p50 µs | p99 µs | p50 added µs | allocated B a run | ready in ms | MiB |\n|---|---|---|---|---|---|---|---|---|\n");
        text.Append(await CompareAsync(root, "an addition, 13 features", TinyModel.Add(1, 13), settings.Rounds));
        text.Append(await CompareAsync(root, "an addition, 64 KiB", TinyModel.Add(1, 16 << 10), settings.Rounds));
        text.Append(await CompareAsync(root, "trees, 13 features", await File.ReadAllBytesAsync(ServedModels.TreesFile), settings.Rounds));
        Directory.Delete(root, recursive: true);
        text.Append(CultureInfo.InvariantCulture, $"\nOne caller, one row, without HTTP around it; {settings.Rounds} rounds of {Runs:# ##0} runs in turn, medians. Allocated by the node for a run in the other process.\n");
        return new Section(Name, [], text.ToString());
    }

    private static async Task<string> CompareAsync(string root, string what, byte[] file, int rounds)
    {
        var path = Path.Combine(root, "model.onnx");
        await File.WriteAllBytesAsync(path, file);
        var options = new NodeOptions { CacheDirectory = root };
        var starter = new WorkerStarter(new NodePaths(options), options, new Sandbox(NullLogger<Sandbox>.Instance), TimeProvider.System, NullLogger<WorkerModel>.Instance, Repository.Program("Serving.Node"));
        using var here = OnnxModel.Load(path, new RuntimeConfiguration());
        var began = Stopwatch.GetTimestamp();
        using var there = await starter.ServeAsync(new WorkerOrder("rel-1", path, 1, Memory), () => false, CancellationToken.None);
        var started = Stopwatch.GetElapsedTime(began);

        List<Round> own = [], other = [];
        for (var round = 0; round <= rounds; round++)
        {
            own.Add(Measure(here));
            other.Add(Measure(there));
        }

        // The first of each warms up.
        var (inside, outside) = (own.Skip(1).ToList(), other.Skip(1).ToList());
        var added = Spread.Of(inside.Zip(outside, (one, two) => two.P50 - one.P50));
        return string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {Of(inside, round => round.P50):0.0} | {Of(inside, round => round.P99):0.0} | {Of(outside, round => round.P50):0.0} | {Of(outside, round => round.P99):0.0} | {added.Text("0.0")} | {Of(outside, round => round.Allocated):0} | {started.TotalMilliseconds:0} | {there.MemoryBytes >> 20} |\n");
    }

    private static Round Measure(ServedModel model)
    {
        using var slot = new RunSlot(model.NewPlace(), TimeProvider.System);
        using var call = new ModelCall(model);
        SyntheticInput.Fill(call);
        slot.Run(call, long.MaxValue);
        var times = new double[Runs];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Runs; i++)
        {
            var began = Stopwatch.GetTimestamp();
            slot.Run(call, long.MaxValue);
            times[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var durations = Durations.Of(times);
        return new Round(durations.At(0.5), durations.At(0.99), allocated / (double)Runs);
    }

    private static double Of(IEnumerable<Round> rounds, Func<Round, double> value) => Middle.Of(rounds.Select(value));

    /// <param name="P50">Microseconds.</param>
    /// <param name="P99">Microseconds.</param>
    /// <param name="Allocated">By the calling thread, bytes a run.</param>
    private sealed record Round(double P50, double P99, double Allocated);
}

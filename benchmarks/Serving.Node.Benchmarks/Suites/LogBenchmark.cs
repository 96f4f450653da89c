using System.Diagnostics;
using System.Globalization;
using System.Text;
using Serving.Contracts.State;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;
using Serving.Node.Log;
using Serving.Node.Log.Segments;
using Serving.Node.Metrics;
using Serving.Node.Predict;
using Serving.Node.Protocols.Native;
using Serving.Node.Protocols.OpenInference;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Versions;
using Testing.Models;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>What a logged row costs, stage by stage: the record on the request's path, the spool, and the segment.</summary>
internal static class LogBenchmark
{
    public const string Name = "log";
    private const int Rows = 40_000;

    public static async Task<Section> RunAsync(Settings settings)
    {
        var text = new StringBuilder("| record | spool | read | segment | spooled | in the segment |\n|---|---|---|---|---|---|\n");
        var folder = Directory.CreateTempSubdirectory("log-benchmark-").FullName;
        var path = Path.Combine(folder, "m.onnx");
        await File.WriteAllBytesAsync(path, TinyModel.Add(1, width: 13));
        using var release = new LoadedRelease("rel-1", new ReleaseState("sha256:0", "fraud", "1", new RuntimeConfiguration()), OnnxModel.Load(path, new()), BatchPlan.Single, TimeProvider.System);
        var arm = new ServedArm("stable", release, Bucket.Count, new SeriesCounters("fraud", "rel-1", "fraud", "1", "stable"), WatchedNumbers.Of(null, release.Model.Outputs),
            AnswerParts.Of("fraud", "stable", "rel-1", "fraud", "1"), LogHead.Of(new EndpointState { Name = "fraud" }, release, "stable"));
        var exchange = new NativeExchange
        {
            RequestId = Guid.CreateVersion7().ToString(), Began = Stopwatch.GetTimestamp(), Arm = arm,
            Endpoint = new ServedEndpoint(new EndpointState { Name = "fraud" }, [arm], System.Collections.Frozen.FrozenDictionary<string, ServedArm>.Empty, new AdmissionCount()),
            Body = Encoding.UTF8.GetBytes($"{{\"inputs\":{{\"x\":{ServedModels.Row}}}}}"), Call = release.Model.Rent(),
        };
        exchange.Read();
        exchange.Rows = 1;
        await release.Runner.RunAsync(exchange.Call, long.MaxValue);

        var log = new PredictionLog(TimeProvider.System);
        for (var round = 0; round < Math.Min(settings.Rounds, 5); round++)
        {
            var spool = new Spool(folder, round);
            var record = TimeSpan.Zero;
            var append = TimeSpan.Zero;
            for (var i = 0; i < Rows; i += 8_000)
            {
                var began = Stopwatch.GetTimestamp();
                for (var j = 0; j < 8_000; j++)
                    log.Answered(exchange, [0.5], [0.5]);
                var written = Stopwatch.GetTimestamp();
                var visited = 0;
                while (log.TryTake(ref visited, out var next))
                {
                    spool.Append(next);
                    log.GiveBack(next);
                }

                record += Stopwatch.GetElapsedTime(began, written);
                append += Stopwatch.GetElapsedTime(written);
            }

            spool.Flush();
            var bytes = spool.Length;
            var read = Stopwatch.GetTimestamp();
            var columns = spool.ReadAll()[0].Rows;
            var segment = Stopwatch.GetTimestamp();
            using var into = new MemoryStream();
            Segment.Write(into, columns, "node-1");
            var done = Stopwatch.GetTimestamp();
            spool.Delete();
            text.Append(CultureInfo.InvariantCulture, $"| {Per(record)} | {Per(append)} | {Per(Stopwatch.GetElapsedTime(read, segment))} | {Per(Stopwatch.GetElapsedTime(segment, done))} | {bytes / Rows} B | {into.Length / Rows} B |\n");
        }

        Directory.Delete(folder, recursive: true);
        text.Append("\nTime and bytes a logged row, stage by stage, without HTTP around it; one line a round.\n");
        return new Section(Name, [], text.ToString());
    }

    private static string Per(TimeSpan all) => $"{all.TotalMicroseconds / Rows:0.00} µs";
}

using System.Diagnostics;
using Testing;
using Testing.Processes;

namespace Serving.Node.Benchmarks;

/// <summary>Interleaved rounds of one second each; the ratios are medians over rounds, so that what else the machine does meets all alike.</summary>
internal sealed class PathBenchmark : IAsyncDisposable
{
    private static readonly TimeSpan _round = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly ServedModels _models;
    private readonly ChildProcess _node;
    private readonly ChildProcess _empty;
    private readonly int _nodePort;
    private readonly int _emptyPort;
    private readonly string _input;

    private PathBenchmark(ServedModels models, ChildProcess node, ChildProcess empty, int nodePort, int emptyPort, string input) =>
        (_models, _node, _empty, _nodePort, _emptyPort, _input) = (models, node, empty, nodePort, emptyPort, input);

    public static async Task<PathBenchmark> StartAsync()
    {
        var models = new ServedModels();
        var port = FreePort.Take(2);
        var emptyPort = FreePort.Take();
        var node = ChildProcess.Start(Repository.Program("Serving.Node"), [], new Dictionary<string, string?>
        {
            ["Node__Url"] = $"http://127.0.0.1:{port}",
            ["Node__Http2Url"] = $"http://127.0.0.1:{port + 1}",
            ["Node__CacheDirectory"] = Path.Combine(models.Root, "cache"),
            ["Node__StateFile"] = models.StateFile,
            ["Node__ArtifactDirectory"] = models.Artifacts,
        });
        var empty = ChildProcess.Start(Environment.ProcessPath!, [EmptyServer.Verb, emptyPort.ToString()]);

        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Eventually.TrueAsync(async () => (await client.GetAsync("/healthz/ready")).IsSuccessStatusCode, _patience, $"node ready: {node.Output}");
        await Eventually.TrueAsync(async () => (await client.PostAsync($"http://127.0.0.1:{emptyPort}/", new StringContent(""))).IsSuccessStatusCode, _patience, "empty server ready");
        return new PathBenchmark(models, node, empty, port, emptyPort, await ServedModels.InputOfAsync(client));
    }

    public async Task RunAsync(int rounds)
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores shared with the client; model: {(_models.IsReal ? "gradient-boosted trees" : "one addition")}, 13 features, one row a request");
        foreach (var connections in new[] { 1, 32 })
            await CompareAsync(connections, rounds);
        Console.WriteLine($"node memory afterwards: {_node.ResidentBytes() >> 20} MiB");
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _empty.DisposeAsync();
        _models.Dispose();
    }

    private async Task CompareAsync(int connections, int rounds)
    {
        var native = $"{{\"inputs\":{{\"{_input}\":{ServedModels.Row()}}}}}";
        var oip = $$"""{"inputs":[{"name":"{{_input}}","datatype":"FP32","shape":[1,13],"data":{{ServedModels.Row()}}}]}""";
        Contender[] contenders =
        [
            new("empty endpoint", Caller.Connect(_emptyPort, "/", native, connections), _empty),
            new("/predict", Caller.Connect(_nodePort, $"/predict/{ServedModels.Logged}", native, connections), _node),
            new("/predict, nothing logged", Caller.Connect(_nodePort, $"/predict/{ServedModels.Unlogged}", native, connections), _node),
            new("Open Inference", Caller.Connect(_nodePort, $"/v2/models/{ServedModels.Logged}/infer", oip, connections), _node),
            new("Open Inference, nothing logged", Caller.Connect(_nodePort, $"/v2/models/{ServedModels.Unlogged}/infer", oip, connections), _node),
        ];

        foreach (var contender in contenders)
            await contender.RunAsync(2 * _round, keep: false);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in contenders)
                await contender.RunAsync(_round, keep: true);
        }

        Console.WriteLine($"\n{connections} connection{(connections == 1 ? "" : "s")}, {rounds} rounds\n{"",-32} requests/s   ratio   p50 µs   p99 µs   CPU µs");
        foreach (var contender in contenders)
        {
            Console.WriteLine(contender.Line(contenders[0]));
            contender.Caller.Dispose();
        }
    }

    private sealed record Contender(string Name, Caller Caller, ChildProcess Server)
    {
        private readonly List<Measured> _rounds = [];
        private readonly List<double> _processorMicroseconds = [];

        public async Task RunAsync(TimeSpan time, bool keep)
        {
            using var process = Process.GetProcessById(Server.Id);
            var before = process.TotalProcessorTime;
            var measured = await Caller.RunAsync(time);
            process.Refresh();
            if (!keep)
                return;
            _rounds.Add(measured);
            _processorMicroseconds.Add((process.TotalProcessorTime - before).TotalMicroseconds / measured.Answers);
        }

        public string Line(Contender floor)
        {
            var ratio = Median(_rounds.Zip(floor._rounds, (own, other) => own.PerSecond / other.PerSecond));
            return $"{Name,-32} {Median(_rounds.Select(one => one.PerSecond)),10:N0} {ratio,7:0.00} {Median(_rounds.Select(one => one.MedianMicroseconds)),8:N0} {Median(_rounds.Select(one => one.P99Microseconds)),8:N0} {Median(_processorMicroseconds),8:0.0}";
        }

        private static double Median(IEnumerable<double> values)
        {
            var sorted = values.Order().ToList();
            return sorted[sorted.Count / 2];
        }
    }
}

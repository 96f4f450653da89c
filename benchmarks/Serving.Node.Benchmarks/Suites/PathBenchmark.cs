using System.Globalization;
using System.Text;
using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>The request path of a node against an empty endpoint of the same web server.</summary>
internal static class PathBenchmark
{
    public const string Name = "path";

    private const int Many = 32;

    public static async Task<Section> RunAsync(Settings settings)
    {
        await using var node = await NodeServer.StartAsync();
        await using var empty = await PeerServer.EmptyAsync();
        var model = RawRuntime.Trees();

        var many = await CompareAsync(settings, node, empty, Many);
        var one = await CompareAsync(settings, node, empty, 1);
        var server = await Allocations.AsRoundsAsync(settings, new HttpPost(empty.Port, "/", ServedModels.NativeBody), Many);
        var everything = await Allocations.AsRoundsAsync(settings, new HttpPost(node.Port, $"/predict/{ServedModels.Scored}", ServedModels.NativeBody), Many);
        var added = Spread.Of(everything.Zip(server, (node, empty) => node - empty));

        var details = new StringBuilder(RateTable.Of($"{Many} connections", many, many[0])).Append(RateTable.Of("1 connection", one, one[0]));
        details.Append(CultureInfo.InvariantCulture, $"Client: {settings.Client}; {settings.Rounds} rounds. A run of the model itself takes {model:0.0} µs. ");
        details.Append(CultureInfo.InvariantCulture, $"The empty endpoint allocates {Spread.Of(server).Text("0")} bytes a request, the node {Spread.Of(everything).Text("0")}, of which its id is 96. Node's memory afterwards: {node.ResidentBytes >> 20} MiB.\n");
        return new Section(
            Name,
            [
                Figure.Share("`/predict` against an empty endpoint, everything on", many[1].RateAgainst(many[0]), 0.82),
                Figure.Share("the same, log and split off", many[2].RateAgainst(many[0]), 0.88),
                Figure.Added($"p50 added over the empty endpoint, 1 connection (40 µs and the model's {model.ToString("0", CultureInfo.InvariantCulture)} µs)", one[1].P50Over(one[0]), 40 + model),
                new Figure("allocated a request beyond the empty endpoint, everything on, the log's writing included", added, 200, AtLeast: false, "0", " B"),
            ],
            details.ToString());
    }

    private static async Task<Contender[]> CompareAsync(Settings settings, NodeServer node, PeerServer empty, int connections)
    {
        Contender[] contenders =
        [
            new("the empty endpoint", settings.Connect(new HttpPost(empty.Port, "/", ServedModels.NativeBody), connections), empty.Pid),
            Of("`/predict`, 5 % canary, log", $"/predict/{ServedModels.Scored}", ServedModels.NativeBody),
            Of("`/predict`, one arm, no log", $"/predict/{ServedModels.Bare}", ServedModels.NativeBody),
            Of("Open Inference, 5 % canary, log", $"/v2/models/{ServedModels.Scored}/infer", ServedModels.OpenInferenceBody),
            Of("Open Inference, one arm, no log", $"/v2/models/{ServedModels.Bare}/infer", ServedModels.OpenInferenceBody),
        ];
        await settings.InterleaveAsync(contenders);
        foreach (var contender in contenders)
            contender.Dispose();
        return contenders;

        Contender Of(string name, string path, string body) => new(name, settings.Connect(new HttpPost(node.Port, path, body), connections), node.Pid);
    }
}

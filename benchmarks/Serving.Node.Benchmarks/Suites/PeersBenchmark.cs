using System.Globalization;
using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>A node with everything on against other ways to serve the same file.</summary>
internal static class PeersBenchmark
{
    public const string Name = "peers";

    private const int Connections = 32;

    public static async Task<Section> RunAsync(Settings settings)
    {
        await using var node = await NodeServer.StartAsync();
        await using var minimal = await PeerServer.MinimalApiAsync();
        await using var engines = await PeerServer.EnginePoolAsync();
        await using var fastify = await PeerServer.FastifyAsync(1);
        await using var cluster = await PeerServer.FastifyAsync(2);
        await using var empty = await PeerServer.EmptyAsync();
        var own = new Contender("the node", settings.Connect(new HttpPost(node.Port, $"/predict/{ServedModels.Scored}", ServedModels.NativeBody), Connections), node.Pid);
        Contender[] contenders =
        [
            own,
            Of("minimal API with records, `NamedOnnxValue`", minimal),
            Of("ML.NET, pool of engines", engines),
            Of("fastify, one process", fastify),
            Of("fastify, cluster of two", cluster),
            Of("the empty endpoint, no model: the limit", empty),
        ];
        await settings.InterleaveAsync(contenders);
        foreach (var contender in contenders)
            contender.Dispose();

        var model = RawRuntime.Trees();
        var details = RateTable.Of($"{Connections} connections", contenders, own)
            + string.Create(CultureInfo.InvariantCulture, $"The node splits, logs and counts; the others only answer. Client: {settings.Client}; {settings.Rounds} rounds. ")
            + string.Create(CultureInfo.InvariantCulture, $"ONNX Runtime by itself, bindings prepared: {1e6 / model:# ##0} runs a second on one core.\n");
        return new Section(
            Name,
            [
                Figure.Times("requests/s against fastify, one process", own.RateAgainst(contenders[3]), 5.5),
                Figure.Times("requests/s against fastify, cluster of two", own.RateAgainst(contenders[4]), 3),
                Figure.Times("requests/s against ML.NET's pool of engines", own.RateAgainst(contenders[2]), 1.7),
                Figure.Times("requests/s against a minimal API with records", own.RateAgainst(contenders[1]), 1.5),
            ],
            details);

        Contender Of(string name, PeerServer peer) => new(name, settings.Connect(new HttpPost(peer.Port, "/predict", ServedModels.NativeBody), Connections), peer.Pid);
    }
}

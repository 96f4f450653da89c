using System.Globalization;
using System.Text;
using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>What a gateway before one node keeps of its requests, and what the library that it is built on keeps with nothing around it.</summary>
internal static class GatewayBenchmark
{
    public const string Name = "gateway";

    private const int Many = 32;
    private static readonly TimeSpan _slow = TimeSpan.FromMicroseconds(300);

    public static async Task<Section> RunAsync(Settings settings)
    {
        await using var node = await NodeServer.StartAsync();
        await using var gateway = await GatewayServer.StartAsync(node);
        await using var bare = await PeerServer.BareYarpAsync(node.Port, "/healthz/ready");
        var steps = RawRuntime.StepsOf(_slow);

        var small = await CompareAsync(settings, node, gateway, bare, $"/predict/{ServedModels.Scored}", ServedModels.NativeBody, Many);
        var slow = await CompareAsync(settings, node, gateway, bare, $"/v2/models/{ServedModels.Slow}/infer", ServedModels.SlowBody(steps), Many);
        var one = await CompareAsync(settings, node, gateway, bare, $"/predict/{ServedModels.Scored}", ServedModels.NativeBody, 1);

        var details = new StringBuilder(RateTable.Of($"trees, {Many} connections", small, small[0]))
            .Append(RateTable.Of($"a model of about 300 µs, {Many} connections", slow, slow[0]))
            .Append(RateTable.Of("trees, 1 connection", one, one[0]))
            .Append(CultureInfo.InvariantCulture, $"CPU is that of the gateway alone, in the first rows that of the node. Client: {settings.Client}; {settings.Rounds} rounds. ")
            .Append("Bare YARP: the same library, one fixed address, nothing kept for a retry, nothing chosen, checked or counted.\n");
        return new Section(
            Name,
            [
                Figure.Share("share of direct requests/s kept, trees", small[1].RateAgainst(small[0]), 0.30),
                Figure.Share("share of direct requests/s kept, model of 300 µs", slow[1].RateAgainst(slow[0]), 0.60),
                Figure.Added("p50 added, 1 connection", one[1].P50Over(one[0]), 150),
                Figure.Share("against bare YARP, trees", small[1].RateAgainst(small[2]), 0.95),
            ],
            details.ToString());
    }

    private static async Task<Contender[]> CompareAsync(Settings settings, NodeServer node, GatewayServer gateway, PeerServer bare, string path, string body, int connections)
    {
        Contender[] contenders = [Of("the node, direct", node.Port, node.Pid), Of("through the gateway", gateway.Port, gateway.Pid), Of("through bare YARP", bare.Port, bare.Pid)];
        await settings.InterleaveAsync(contenders);
        foreach (var contender in contenders)
            contender.Dispose();
        return contenders;

        Contender Of(string name, int port, int pid) => new(name, settings.Connect(new HttpPost(port, path, body), connections), pid);
    }
}

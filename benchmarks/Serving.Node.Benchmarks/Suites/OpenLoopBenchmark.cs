using System.Globalization;
using System.Text;
using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>Durations at fixed rates, counted from when each request was due.</summary>
internal static class OpenLoopBenchmark
{
    public const string Name = "open";

    private const int Connections = 128;
    private static readonly double[] _rates = [1_000, 5_000, 10_000];

    public static async Task<Section> RunAsync(Settings settings)
    {
        await using var node = await NodeServer.StartAsync();
        await using var gateway = await GatewayServer.StartAsync(node);
        await using var empty = await PeerServer.EmptyAsync();
        (string Name, HttpPost Post)[] servers =
        [
            ("the empty endpoint", new HttpPost(empty.Port, "/", ServedModels.NativeBody)),
            ("the node, everything on", new HttpPost(node.Port, $"/predict/{ServedModels.Scored}", ServedModels.NativeBody)),
            ("through the gateway", new HttpPost(gateway.Port, $"/predict/{ServedModels.Scored}", ServedModels.NativeBody)),
        ];
        var text = new StringBuilder("| | due/s | sent | answered | failed | p50 µs | p99 µs | p99.9 µs |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var (name, post) in servers)
        {
            var load = new OpenLoop(post, Connections);
            await load.RunAsync(_rates[0], settings.Round);
            foreach (var rate in _rates)
            {
                var seen = await load.RunAsync(rate, settings.Rounds / 3.0 * settings.Round);
                var durations = seen.Durations;
                text.Append(CultureInfo.InvariantCulture, $"| {name} | {rate:# ##0} | {seen.Sent:# ##0} | {seen.Answered:# ##0} | {seen.Failed} | {durations.At(0.5):0} | {durations.At(0.99):0} | {durations.At(0.999):0} |\n");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"\nOpen loop, at most {Connections} requests under way; a duration counts from the time the request was due.\n");
        return new Section(Name, [], text.ToString());
    }
}

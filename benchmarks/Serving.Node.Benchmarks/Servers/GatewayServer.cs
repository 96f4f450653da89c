using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Testing;
using Testing.Processes;

namespace Serving.Node.Benchmarks.Servers;

/// <summary>A gateway in front of one node, started from a node list on its disk, in a process of its own.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private static readonly TimeSpan _startsWithin = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;
    private readonly string _folder;

    private GatewayServer(ChildProcess process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    public int Http2Port => Port + 1;

    public int Pid => _process.Id;

    public static async Task<GatewayServer> StartAsync(NodeServer node)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        var list = new PeerList("production", 1, [new Peer("node-1", "default", $"http://127.0.0.1:{node.Port}", $"http://127.0.0.1:{node.Http2Port}")]);
        await File.WriteAllBytesAsync(Path.Combine(folder, "nodes.json"), JsonSerializer.SerializeToUtf8Bytes(list, ContractsJson.Default.PeerList));
        var port = FreePort.Take(3);
        var process = ChildProcess.Start(Repository.Program("Serving.Gateway"), [], new Dictionary<string, string?>
        {
            ["Gateway__Url"] = $"http://127.0.0.1:{port}",
            ["Gateway__Http2Url"] = $"http://127.0.0.1:{port + 1}",
            ["Gateway__CacheDirectory"] = folder,
        });
        using var client = new HttpClient();
        await Eventually.TrueAsync(
            async () => process.HasExited ? throw new InvalidOperationException(process.Output) : (await client.GetAsync($"http://127.0.0.1:{port}/healthz/ready")).IsSuccessStatusCode,
            _startsWithin, "gateway ready");
        return new GatewayServer(process, folder, port);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

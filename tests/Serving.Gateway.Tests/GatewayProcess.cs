using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Testing;
using Testing.Processes;

namespace Serving.Gateway.Tests;

/// <summary>A real gateway process with a cache folder of its own.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-").FullName;
    private readonly int _port = FreePort.Take(3);
    private ChildProcess? _process;

    public string Address => $"http://127.0.0.1:{_port}";

    public int Port => _port;

    public string Http2Address => $"http://127.0.0.1:{_port + 1}";

    public ChildProcess Process => _process!;

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public string NodeListFile => Path.Combine(_folder, "nodes.json");

    /// <summary>Leaves a node list on disk as an earlier run would have.</summary>
    public void Remember(params NodeFake[] nodes) =>
        File.WriteAllBytes(NodeListFile, JsonSerializer.SerializeToUtf8Bytes(ListOf(1, nodes), ContractsJson.Default.PeerList));

    public Task StartAsync(params Peer[] peers)
    {
        File.WriteAllBytes(NodeListFile, JsonSerializer.SerializeToUtf8Bytes(new PeerList("production", 1, peers), ContractsJson.Default.PeerList));
        return StartAsync(new Dictionary<string, string?>());
    }

    public static PeerList ListOf(long version, params NodeFake[] nodes) => new("production", version, [.. nodes.Select(node => node.Peer)]);

    public Task StartAsync(params NodeFake[] nodes)
    {
        Remember(nodes);
        return StartAsync(new Dictionary<string, string?>());
    }

    public async Task StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        Launch(settings);
        await Eventually.TrueAsync(async () => (await Client.GetAsync(Address + "/healthz/live")).IsSuccessStatusCode, TimeSpan.FromSeconds(20), "gateway answers");
    }

    public ChildProcess Launch(IReadOnlyDictionary<string, string?> settings)
    {
        var environment = new Dictionary<string, string?>
        {
            ["Gateway__CacheDirectory"] = _folder,
            ["Gateway__Url"] = Address,
            ["Gateway__Http2Url"] = $"http://127.0.0.1:{_port + 1}",
            ["Gateway__HealthInterval"] = "00:00:00.2",
            ["Gateway__HealthTimeout"] = "00:00:00.5",
            ["Gateway__PollInterval"] = "00:00:00.3",
            ["Gateway__ReportInterval"] = "00:00:00.3",
        };
        foreach (var (key, value) in settings)
            environment[key] = value;
        return _process = ChildProcess.Start(Repository.Program("Serving.Gateway"), [], environment);
    }

    public async Task<string> AskAsync() => await (await Client.PostAsync(Address + "/predict/fraud", new StringContent("{}"))).Content.ReadAsStringAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

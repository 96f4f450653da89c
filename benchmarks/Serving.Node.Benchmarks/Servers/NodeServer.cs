using Testing;
using Testing.Processes;

namespace Serving.Node.Benchmarks.Servers;

/// <summary>A serving node with the models of <see cref="ServedModels"/>, in a process of its own.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private static readonly TimeSpan _startsWithin = TimeSpan.FromSeconds(60);

    private readonly ServedModels _models;
    private readonly ChildProcess _process;
    private readonly HttpClient _client = new();

    private NodeServer(ServedModels models, ChildProcess process, int port) => (_models, _process, Port) = (models, process, port);

    public int Port { get; }

    public int Http2Port => Port + 1;

    public int Pid => _process.Id;

    public long ResidentBytes => _process.ResidentBytes();

    public static Task<NodeServer> StartAsync()
    {
        var models = new ServedModels();
        return StartAsync(models, new Dictionary<string, string?> { ["Node__StateFile"] = models.StateFile, ["Node__ArtifactDirectory"] = models.Artifacts });
    }

    /// <summary>A node that asks this control plane several times a second.</summary>
    /// <param name="models">Are the node's from here on.</param>
    public static Task<NodeServer> StartAsync(ServedModels models, string controlPlaneUrl) => StartAsync(models, new Dictionary<string, string?>
    {
        ["Node__ControlPlaneUrl"] = controlPlaneUrl,
        ["Node__JoinToken"] = "cpj",
        ["Node__PollInterval"] = "00:00:00.2",
        ["Node__ReportInterval"] = "00:00:00.2",
    });

    private static async Task<NodeServer> StartAsync(ServedModels models, Dictionary<string, string?> environment)
    {
        var port = FreePort.Take(2);
        environment["Node__Url"] = $"http://127.0.0.1:{port}";
        environment["Node__Http2Url"] = $"http://127.0.0.1:{port + 1}";
        environment["Node__CacheDirectory"] = Path.Combine(models.Root, "cache");
        var process = ChildProcess.Start(Repository.Program("Serving.Node"), [], environment);
        var node = new NodeServer(models, process, port);
        await Eventually.TrueAsync(
            async () => process.HasExited
                ? throw new InvalidOperationException(process.Output)
                : (await node._client.GetAsync($"http://127.0.0.1:{port}/healthz/ready")).IsSuccessStatusCode,
            _startsWithin, "node ready");
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
        _models.Dispose();
    }
}

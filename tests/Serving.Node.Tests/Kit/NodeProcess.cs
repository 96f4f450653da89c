using Testing;
using Testing.Processes;

namespace Serving.Node.Tests.Kit;

/// <summary>A real node process on free ports.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private NodeProcess(ChildProcess process, int port)
    {
        Process = process;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
    }

    public ChildProcess Process { get; }

    public HttpClient Client { get; }

    public string Http2Url => $"http://127.0.0.1:{Client.BaseAddress!.Port + 1}";

    public string Url => Client.BaseAddress!.ToString().TrimEnd('/');

    public static NodeProcess Start(string cache, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var port = FreePort.Take(2);
        var environment = new Dictionary<string, string?>(settings ?? new Dictionary<string, string?>())
        {
            ["Node__Name"] = "node-1",
            ["Node__Url"] = $"http://127.0.0.1:{port}",
            ["Node__Http2Url"] = $"http://127.0.0.1:{port + 1}",
            ["Node__CacheDirectory"] = cache,
        };
        return new NodeProcess(ChildProcess.Start(Repository.Program("Serving.Node"), [], environment), port);
    }

    public static async Task<NodeProcess> StartAsync(StateFolder state)
    {
        var node = Start(Path.Combine(state.Root, "cache"), new Dictionary<string, string?>
        {
            ["Node__StateFile"] = state.StateFile,
            ["Node__ArtifactDirectory"] = state.Artifacts,
        });
        await node.ReadyAsync(TimeSpan.FromSeconds(120));
        return node;
    }

    public Task ReadyAsync(TimeSpan longest) => Eventually.TrueAsync(
        async () => Process.HasExited ? throw new InvalidOperationException($"The node ended: {Process.Output}") : (await Client.GetAsync("/healthz/ready")).IsSuccessStatusCode,
        longest, $"node ready; its output so far: {Process.Output}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
    }
}

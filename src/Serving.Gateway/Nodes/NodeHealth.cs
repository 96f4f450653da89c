using Serving.Gateway.Hosting;

namespace Serving.Gateway.Nodes;

/// <summary>Asks every node again and again whether it is ready.</summary>
internal sealed partial class NodeHealth(GatewayOptions options, NodeList nodes, TimeProvider time, ILogger<NodeHealth> logger) : BackgroundService
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = options.ConnectTimeout, UseProxy = false, AllowAutoRedirect = false })
    {
        Timeout = options.HealthTimeout,
    };

    public Task AskAllAsync(CancellationToken cancel) => Task.WhenAll(nodes.All.Select(node => AskAsync(node, cancel)));

    public override void Dispose()
    {
        base.Dispose();
        _http.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.HealthInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await AskAllAsync(stoppingToken);
    }

    private async Task AskAsync(NodeTarget node, CancellationToken cancel)
    {
        var before = node.IsReady;
        try
        {
            using var answer = await _http.GetAsync($"{node.Peer.Address}/healthz/ready", cancel);
            node.Answered(answer.IsSuccessStatusCode);
        }
        catch (HttpRequestException)
        {
            node.Answered(isReady: false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            node.Late();
        }

        if (before != node.IsReady)
            LogChanged(node.Peer.Name, node.IsReady);
    }

    [LoggerMessage(LogLevel.Information, "Node {Node} ready: {IsReady}")]
    private partial void LogChanged(string node, bool isReady);
}

using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Serving.Contracts.Joining;
using Testing.Processes;

namespace Serving.Gateway.Tests;

/// <summary>A node on a real socket that answers with its name; how, the test says.</summary>
internal sealed class NodeFake : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NodeFake(string name, WebApplication app, int port)
    {
        _app = app;
        Peer = new Peer(name, "default", $"http://127.0.0.1:{port}", $"http://127.0.0.1:{port + 1}");
    }

    public Peer Peer { get; }

    public ConcurrentQueue<(IHeaderDictionary Headers, string Body)> Received { get; } = new();

    /// <summary>Method and path of what was received, as it arrived.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>Null: answers 200 with its name.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <summary>Null: the body is read to its end before anything is answered.</summary>
    public Func<HttpContext, Task>? Converse { get; set; }

    public bool IsReady { get; set; } = true;

    /// <summary>Accepts and never answers, health included.</summary>
    public bool Hangs { get; set; }

    public static async Task<NodeFake> StartAsync(string name)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var port = FreePort.Take(2);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(port + 1, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        var node = new NodeFake(name, app, port);
        app.Run(node.HandleAsync);
        await app.StartAsync();
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (Hangs)
        {
            await _end.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (context.Request.Path == "/healthz/ready")
        {
            context.Response.StatusCode = IsReady ? 200 : 503;
            return;
        }

        Lines.Enqueue($"{context.Request.Method} {context.Request.Path}");
        if (Converse is not null)
        {
            await Converse(context);
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        Received.Enqueue((new HeaderDictionary(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase)), await reader.ReadToEndAsync()));
        if (Answer is not null)
        {
            await Answer(context);
            return;
        }

        context.Response.Headers["X-Release"] = "rel-" + Peer.Name;
        await context.Response.WriteAsync(Peer.Name);
    }
}

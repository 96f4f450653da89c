using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Reports;
using System.Text.Json;
using Testing.Processes;

namespace Serving.Gateway.Tests;

/// <summary>The part of the control plane that a gateway talks to.</summary>
internal sealed class ControlPlaneFake : IAsyncDisposable
{
    public const string JoinToken = "cpj_for-the-test";

    private readonly WebApplication _app;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ControlPlaneFake(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    public PeerList Peers { get; set; } = new("production", 1, []);

    public bool Hangs { get; set; }

    /// <summary>The credential that is let in; another one gets 401.</summary>
    public string Credential { get; set; } = "cpn_one";

    public ConcurrentQueue<JoinRequest> Joins { get; } = new();

    public ConcurrentQueue<Report> Reports { get; } = new();

    public int Connections => NodesHub.Connections;

    public static async Task<ControlPlaneFake> StartAsync(int? port = null)
    {
        NodesHub.Connections = 0;
        var builder = WebApplication.CreateSlimBuilder();
        var chosen = port ?? FreePort.Take();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(chosen));
        builder.Services.AddSignalR().AddMessagePackProtocol();
        var app = builder.Build();
        var plane = new ControlPlaneFake(app, $"http://127.0.0.1:{chosen}");
        app.Use(plane.LetInAsync);
        app.MapPost("/node/v1/join", plane.JoinAsync);
        app.MapGet("/node/v1/peers", () => Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(plane.Peers, ContractsJson.Default.PeerList), "application/json"));
        app.MapPost("/node/v1/report", plane.ReportAsync);
        app.MapHub<NodesHub>("/hubs/nodes");
        await app.StartAsync();
        return plane;
    }

    public Task PushAsync(PeerList list) =>
        _app.Services.GetRequiredService<IHubContext<NodesHub>>().Clients.All.SendAsync("Peers", JsonSerializer.SerializeToUtf8Bytes(list, ContractsJson.Default.PeerList));

    public async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task LetInAsync(HttpContext context, RequestDelegate next)
    {
        if (Hangs)
            await _end.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else if (context.Request.Path != "/node/v1/join" && context.Request.Headers.Authorization != $"Bearer {Credential}")
            context.Response.StatusCode = 401;
        else
            await next(context);
    }

    private async Task<IResult> JoinAsync(HttpRequest request)
    {
        var join = (await JsonSerializer.DeserializeAsync(request.Body, ContractsJson.Default.JoinRequest))!;
        if (join.JoinToken != JoinToken)
            return Results.Unauthorized();
        Joins.Enqueue(join);
        return Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(new JoinResponse("gw-1", Credential, Peers.Environment, "default"), ContractsJson.Default.JoinResponse), "application/json");
    }

    private async Task ReportAsync(HttpRequest request) =>
        Reports.Enqueue((await JsonSerializer.DeserializeAsync(request.Body, ContractsJson.Default.Report))!);

    private sealed class NodesHub : Hub
    {
        public static int Connections;

        public override Task OnConnectedAsync()
        {
            Interlocked.Increment(ref Connections);
            return Task.CompletedTask;
        }
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Testing;
using Testing.Processes;

namespace Serving.Node.Tests.Kit;

/// <summary>The node API and the node hub, with switches for what may go wrong on the way.</summary>
internal sealed class FakeControlPlane : IAsyncDisposable
{
    public const string Credential = "cpn_test";

    private readonly WebApplication _app;
    private volatile byte[] _document = [];
    private volatile string _hash = "";

    private FakeControlPlane(WebApplication app, int port, string scheme) => (_app, Port, Url) = (app, port, $"{scheme}://127.0.0.1:{port}");

    public int Port { get; }

    public string Url { get; }

    /// <summary>The first byte of every connection; 22: it begins with TLS.</summary>
    public ConcurrentQueue<byte> FirstBytes { get; } = new();

    /// <summary>Pushes get lost although the connection stands.</summary>
    public bool SwallowsPushes { get; set; }

    /// <summary>The hub answers nobody.</summary>
    public bool HasNoHub { get; set; }

    /// <summary>Every request is taken and none answered.</summary>
    public bool Hangs { get; set; }

    public FakeBlobs Blobs { get; } = new();

    public ConcurrentQueue<Report> Reports { get; } = new();

    public int Joins;

    public int HubAttempts;

    /// <param name="certificate">Null: plain text.</param>
    public static async Task<FakeControlPlane> StartAsync(int? port = null, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var chosen = port ?? FreePort.Take();
        builder.Logging.ClearProviders();
        FakeControlPlane? made = null;
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(chosen, listen =>
        {
            listen.Use(next => connection => made!.LookAsync(connection, next));
            if (certificate is not null)
                listen.UseHttps(certificate);
        }));
        builder.Services.AddSignalR(hub => hub.MaximumReceiveMessageSize = 4 << 20).AddMessagePackProtocol();
        builder.Services.AddSingleton<Func<FakeControlPlane>>(_ => () => made!);
        var app = builder.Build();
        made = new FakeControlPlane(app, chosen, certificate is null ? "http" : "https");
        made.Map();
        await app.StartAsync();
        return made;
    }

    /// <summary>What the next poll gets, and every connected node now.</summary>
    public async Task PublishAsync(StateDocument document)
    {
        Serve(document.Utf8.ToArray(), document.ContentHash);
        await PushAsync(document.Utf8.ToArray());
    }

    public void Serve(byte[] document, string hash) => (_document, _hash) = (document, hash);

    public Task PushAsync(byte[] document) =>
        SwallowsPushes ? Task.CompletedTask : _app.Services.GetRequiredService<IHubContext<FakeHub>>().Clients.All.SendAsync("State", document);

    /// <summary>The first report from now on that satisfies the claim.</summary>
    public async Task<Report> ReportAsync(Func<Report, bool> isRight, TimeSpan? longest = null)
    {
        var from = Reports.Count;
        return (await Eventually.GetAsync(
            () => Task.FromResult(Reports.Skip(Math.Max(0, from - 1)).FirstOrDefault(isRight)),
            report => report is not null, longest ?? TimeSpan.FromSeconds(30),
            $"report; the last was {(Reports.LastOrDefault() is { } last ? $"revision {last.AppliedRevision}, {last.Rejected}" : "none")}"))!;
    }

    public async ValueTask DisposeAsync()
    {
        Blobs.Release();
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task LookAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var first = await connection.Transport.Input.ReadAsync();
        if (!first.Buffer.IsEmpty)
            FirstBytes.Enqueue(first.Buffer.FirstSpan[0]);
        connection.Transport.Input.AdvanceTo(first.Buffer.Start);
        await next(connection);
    }

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            if (Hangs)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            if (context.Request.Path.StartsWithSegments("/hubs"))
            {
                Interlocked.Increment(ref HubAttempts);
                if (HasNoHub)
                {
                    context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    return;
                }
            }

            await next(context);
        });
        _app.MapPost("/node/v1/join", () =>
        {
            Interlocked.Increment(ref Joins);
            return Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(new JoinResponse("n1", Credential, "production", "default"), ContractsJson.Default.JoinResponse), "application/json");
        });
        _app.MapGet("/node/v1/state", State);
        _app.MapGet("/node/v1/blobs/{sha256}", Blobs.AnswerAsync);
        _app.MapPut("/node/v1/records/{kind}/{segment}", () => Results.NoContent());
        _app.MapPost("/node/v1/report", async (HttpRequest request) =>
        {
            Reports.Enqueue((await JsonSerializer.DeserializeAsync(request.Body, ContractsJson.Default.Report))!);
            return Results.NoContent();
        });
        _app.MapHub<FakeHub>("/hubs/nodes");
    }

    private IResult State(HttpRequest request, HttpResponse response)
    {
        if (request.Headers.Authorization != $"Bearer {Credential}")
            return Results.Unauthorized();
        if (_document.Length == 0)
            return Results.NoContent();
        response.Headers.ETag = $"\"{_hash}\"";
        return request.Headers.IfNoneMatch == $"\"{_hash}\"" ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(_document, "application/json");
    }
}

internal sealed class FakeHub(Func<FakeControlPlane> controlPlane) : Hub
{
    public void Report(byte[] report) => controlPlane().Reports.Enqueue(JsonSerializer.Deserialize(report, ContractsJson.Default.Report)!);

    public void Frames(byte[] frames) => _ = frames;
}

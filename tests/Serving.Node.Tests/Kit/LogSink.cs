using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Parquet.Serialization;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Predictions;
using Testing.Processes;

namespace Serving.Node.Tests.Kit;

/// <summary>The part of the control plane that takes segments of the prediction log.</summary>
internal sealed class LogSink : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LogSink(WebApplication app, int port) => (_app, Port) = (app, port);

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>By name, as last received.</summary>
    public ConcurrentDictionary<string, byte[]> Segments { get; } = new();

    public static async Task<LogSink> StartAsync(int? port = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var chosen = port ?? FreePort.Take();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(chosen));
        var app = builder.Build();
        var sink = new LogSink(app, chosen);
        app.MapPost("/node/v1/join", () => Results.Bytes(
            JsonSerializer.SerializeToUtf8Bytes(new JoinResponse("n1", "cpn_test", "production", "default"), ContractsJson.Default.JoinResponse), "application/json"));
        app.MapGet("/node/v1/state", () => Results.NoContent());
        app.MapPut("/node/v1/records/{kind}/{segment}", sink.TakeAsync);
        await app.StartAsync();
        return sink;
    }

    /// <summary>All rows received, as columns by name.</summary>
    public async Task<IReadOnlyList<IDictionary<string, object?>>> RowsAsync()
    {
        var rows = new List<IDictionary<string, object?>>();
        foreach (var bytes in Segments.Values)
        {
            var read = await ParquetSerializer.DeserializeUntypedAsync(new MemoryStream(bytes));
            rows.AddRange(read.Data.Select(row => (IDictionary<string, object?>)row!));
        }

        return rows;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> TakeAsync(string kind, string segment, HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (kind != SegmentName.Predictions || !SegmentName.TryParse(segment, out _) || request.Headers.Authorization != "Bearer cpn_test"
            || request.Headers[SegmentName.Sha256Header] != Convert.ToHexStringLower(SHA256.HashData(body.ToArray())))
        {
            return Results.BadRequest();
        }

        Segments[segment] = body.ToArray();
        return Results.NoContent();
    }
}

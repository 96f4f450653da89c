using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Testing.Processes;

namespace ControlPlane.Demo.Tests.Api;

/// <summary>The part of the public API that the demo calls, with its answers as API.md A2 gives them.</summary>
internal sealed class ControlPlaneFake : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, JsonObject> _things = new();

    /// <summary>The endpoint of each.</summary>
    private readonly ConcurrentQueue<string> _rollouts = new();

    private ControlPlaneFake(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    /// <summary>Every change asked for, as <c>VERB path</c>.</summary>
    public ConcurrentQueue<string> Changes { get; } = new();

    /// <summary>What becomes of an uploaded version.</summary>
    public string Verdict { get; set; } = "Ready";

    public static async Task<ControlPlaneFake> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        var port = FreePort.Take();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        var app = builder.Build();
        var fake = new ControlPlaneFake(app, $"http://127.0.0.1:{port}");
        app.MapGet("/api/v1/rollouts", fake.Rollouts);
        app.MapGet("/api/v1/{**path}", fake.Get);
        app.MapPost("/api/v1/models/{model}/versions", fake.UploadAsync);
        app.MapPost("/api/v1/{**path}", fake.PostAsync);
        await app.StartAsync();
        return fake;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IResult Get(string path) =>
        _things.TryGetValue(path, out var thing) ? Results.Text(thing.ToJsonString(), "application/json") : Results.NotFound();

    private IResult Rollouts(string endpoint) =>
        Results.Text(new JsonObject { ["items"] = new JsonArray([.. _rollouts.Where(name => endpoint.EndsWith(name, StringComparison.Ordinal)).Select(_ => new JsonObject { ["strategy"] = "canary" })]) }.ToJsonString(), "application/json");

    private async Task<IResult> UploadAsync(string model, HttpRequest request)
    {
        using var zip = new System.IO.Compression.ZipArchive(await Buffered(request));
        Assert.NotNull(zip.GetEntry("fraud.onnx"));
        Assert.Equal("application/zip", request.ContentType);
        var number = 1 + _things.Keys.Count(key => key.StartsWith($"models/{model}/versions/", StringComparison.Ordinal));
        Changes.Enqueue($"UPLOAD {model} {number}");
        _things[$"models/{model}/versions/{number}"] = new JsonObject { ["version"] = $"{number}", ["status"] = Verdict, ["checks"] = new JsonArray("a reason") };
        return Results.Text($$"""{"version":"{{number}}","status":"Validating","digest":"sha256:x"}""", "application/json", statusCode: 202);
    }

    private async Task<IResult> PostAsync(string path, HttpRequest request)
    {
        var body = (JsonObject)(await JsonNode.ParseAsync(request.Body))!;
        Assert.Equal("Bearer secret", request.Headers.Authorization.ToString());
        Changes.Enqueue($"POST {path} {body.ToJsonString()}");
        if (path.StartsWith("rollouts/", StringComparison.Ordinal))
            return Results.Text("{}", "application/json");
        if (path.EndsWith("/rollouts", StringComparison.Ordinal))
        {
            _rollouts.Enqueue(path.Split('/')[^2]);
            return Results.Text($$"""{"id":"{{_rollouts.Count}}"}""", "application/json", statusCode: 201);
        }

        if (path.EndsWith("/deploy", StringComparison.Ordinal))
            _things[path[..^"/deploy".Length]]["arms"] = new JsonArray(new JsonObject { ["name"] = "stable" });
        else
            _things[$"{path}/{body["name"]}"] = body;
        return Results.Text("{}", "application/json", statusCode: 201);
    }

    private static async Task<MemoryStream> Buffered(HttpRequest request)
    {
        var stream = new MemoryStream();
        await request.Body.CopyToAsync(stream);
        return stream;
    }
}

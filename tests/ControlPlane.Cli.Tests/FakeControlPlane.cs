using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Testing;
using Testing.Processes;

namespace ControlPlane.Cli.Tests;

/// <summary>Answers as the interface's description says, and can be made to fail.</summary>
public sealed class FakeControlPlane : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MemoryStream _upload = new();
    private int _cuts;

    private FakeControlPlane(WebApplication app, int port) => (_app, Url) = (app, $"http://127.0.0.1:{port}");

    public string Url { get; }

    public byte[] Uploaded => _upload.ToArray();

    /// <summary>What <c>GET /models/fraud/versions/1</c> says of the version.</summary>
    public string Status { get; set; } = "Ready";

    /// <summary>State a deployment ends in.</summary>
    public string RolloutState { get; set; } = "Completed";

    /// <summary>Body of the last documents that were applied.</summary>
    public string Declared { get; private set; } = "";

    /// <summary>Body of the last rollout that was drafted.</summary>
    public JsonElement Drafted { get; private set; }

    /// <summary>How many pieces of an upload are cut off.</summary>
    public int Cuts { get => _cuts; set => _cuts = value; }

    public static async Task<FakeControlPlane> StartAsync()
    {
        var port = FreePort.Take();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var fake = new FakeControlPlane(builder.Build(), port);
        fake.Map();
        await fake._app.StartAsync();
        return fake;
    }

    /// <summary>Runs the real program against this server.</summary>
    public async Task<(int Code, string Output, string Talk)> RunAsync(params string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Repository.Program("ControlPlane.Cli", "cpctl"), arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment["CPCTL_SERVER"] = Url;
        start.Environment["CPCTL_TOKEN"] = "t";
        start.Environment["CPCTL_CONFIG"] = Path.GetTempPath();
        using var process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var talk = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await talk);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Map()
    {
        var api = _app.MapGroup("/api/v1");
        api.MapGet("/models", (string? cursor) => Results.Json(cursor is null
            ? new { items = new[] { new { name = "fraud", versions = 2 } }, nextCursor = (string?)"next" }
            : new { items = new[] { new { name = "spam", versions = 1 } }, nextCursor = (string?)null }));
        api.MapGet("/models/{model}", (string model) => model switch
        {
            "fraud" => Results.Json(new { name = "fraud" }),
            "secret" => Problem(403, "Forbidden", "You may not see this."),
            _ => Problem(404, "NotFound", $"There is no model {model}."),
        });
        api.MapGet("/users", () => Results.Json(new { items = new object[] { new { email = "a@example.com", role = "admin" }, new { email = "b@example.com", role = "viewer", isInvited = true } }, nextCursor = (string?)null }));
        api.MapPost("/users", () => Results.Json(new { email = "b@example.com", link = "http://here/invitation", expiresAt = "2026-05-03T12:00:00Z" }, statusCode: 201));
        api.MapPut("/users/{email}/role", (string email) => email == "a@example.com" ? Problem(409, "LastAdmin", "The last one.") : Results.NoContent());
        api.MapPost("/users/{email}/disable", () => Results.NoContent());
        api.MapPost("/tokens", () => Problem(403, "Forbidden", "Only a person has the right."));
        api.MapDelete("/tokens/{id}", () => Results.NoContent());
        api.MapPost("/models", () => Problem(409, "ModelExists", "There is a model of this name already."));
        api.MapPost("/models/fraud/uploads", () => Results.Json(new { id = Guid.Empty, chunkSize = 1000 }, statusCode: 201));
        api.MapMethods("/models/fraud/uploads/{id}", ["HEAD"], (HttpResponse response) => response.Headers["Upload-Offset"] = $"{_upload.Length}");
        api.MapPut("/models/fraud/uploads/{id}", AppendAsync);
        api.MapPost("/models/fraud/uploads/{id}/complete", () => Results.Json(new { version = "1", status = "Validating" }, statusCode: 202));
        api.MapGet("/models/fraud/versions/1", () => Results.Json(new { version = "1", status = Status, checks = new[] { new { check = "loads", outcome = Status == "Ready" ? "passed" : "failed", detail = "x", remedy = "Export again." } } }));
        api.MapPost("/environments/production/endpoints/fraud/deploy", () => Results.Json(new { release = new { id = "rel-1" }, rollout = new { id = "1", state = RolloutState }, revision = 7 }));
        api.MapPost("/environments/production/endpoints/fraud/rollouts", async (HttpRequest request) =>
        {
            Drafted = JsonSerializer.Deserialize<JsonElement>(await new StreamReader(request.Body).ReadToEndAsync());
            return Results.Json(new { id = "42", state = "Draft" }, statusCode: 201);
        });
        api.MapPost("/rollouts/42/{verb}", (string verb, HttpRequest request) => request.Headers.IfMatch == "\"3\"" ? Results.Json(new { id = "42", state = verb }) : Problem(428, "PreconditionRequired", "If-Match"));
        api.MapGet("/rollouts/42", (HttpResponse response) =>
        {
            response.Headers.ETag = "\"3\"";
            return Results.Json(new { id = "42", state = RolloutState, reason = "error_rate", gates = new[] { new { gate = "latency_p99", verdict = "noWorse", sentence = "fine", candidateSamples = 9, minSamples = 5 }, new { gate = "error_rate", verdict = "notEnoughEvidence", sentence = "no failure in 12 requests.", candidateSamples = 3, minSamples = 500 } }, decisions = new[] { new { at = "2026-05-03T12:00:00Z", action = "rollBack", actor = "automatic", reason = "error_rate" } } });
        });
        api.MapPost("/apply", async (bool? dryRun, HttpRequest request) =>
        {
            Declared = await new StreamReader(request.Body).ReadToEndAsync();
            return Results.Json(new { changes = new[] { new { kind = "Endpoint", name = "production/fraud", action = "update", difference = new[] { new { path = "sloP99Ms", actual = "120", declared = "80" } }, rollout = "7" } }, applied = dryRun != true });
        });
        api.MapGet("/environments/production/endpoints/fraud/document", () => Results.Json(new { kind = "Endpoint", environment = "production", name = "fraud", sloP99Ms = 120, release = new { model = "fraud@1" } }));
        api.MapGet("/rollouts", () => Results.Json(new { items = new[] { new { id = "43", state = "Completed" }, new { id = "42", state = "Inconclusive" } }, nextCursor = (string?)null }));
        api.MapPost("/environments", () => Results.Json(new { name = "production", @protected = true }));
    }

    private async Task<IResult> AppendAsync(long offset, HttpContext http)
    {
        if (offset != _upload.Length)
            return Problem(409, "WrongOffset", "Not there.");
        if (Interlocked.Decrement(ref _cuts) >= 0)
        {
            http.Abort();
            return Results.Empty;
        }

        await http.Request.Body.CopyToAsync(_upload);
        return Results.NoContent();
    }

    private static IResult Problem(int status, string code, string detail) =>
        Results.Text(JsonSerializer.Serialize(new { status, code, detail, title = code }), "application/problem+json", statusCode: status);
}

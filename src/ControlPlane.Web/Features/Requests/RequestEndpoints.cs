using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Data.Lake;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Requests;

/// <summary>Logged predictions, for scripts.</summary>
internal static class RequestEndpoints
{
    private static readonly TimeSpan _usual = TimeSpan.FromHours(1);

    public static void MapRequestEndpoints(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1/requests").DisableAntiforgery().GivenUpInTime();
        api.MapGet("/{requestId}", GetAsync);
        api.MapGet("/", ListAsync);
        api.MapDelete("/{requestId}", async (string requestId, ClaimsPrincipal user, RequestCommands commands, CancellationToken cancel) =>
            (await commands.ForgetAsync(requestId, user.Actor(), cancel)).TryGet(out _, out var refusal) ? Results.NoContent() : Problems.From(refusal));
    }

    private static async Task<IResult> GetAsync(string requestId, Lake lake, CancellationToken cancel)
    {
        var rows = await lake.FindAsync(requestId, cancel);
        return rows.Count == 0 ? Problems.From(Refusal.NotFound("logged request", requestId)) : Results.Ok(LoggedRequest.Of(rows));
    }

    private static async Task<IResult> ListAsync(string endpoint, DateTimeOffset? from, DateTimeOffset? to, string? release, int? status, int? limit, Lake lake, TimeProvider time, CancellationToken cancel)
    {
        if (endpoint.Split('/') is not [var environment, var name])
            return Problems.From(Refusal.Invalid("endpoint", "endpoint is environment/name."));
        var until = to ?? time.GetUtcNow();
        var rows = await lake.ListAsync(new LakeQuery(environment, name, from ?? until - _usual, until, Paging.Limit(limit), release, status), cancel);
        return Results.Ok(new Listing<LoggedRequest>([.. rows.Select(row => LoggedRequest.Of([row]))], null));
    }
}

/// <summary>A logged request: what went in, what came out, how long it took.</summary>
internal sealed record LoggedRequest(
    string RequestId, DateTimeOffset? At, string Environment, string Endpoint, string? Model, string? Version, string? Release, string? Arm, string? ServedFrom, long? Status, string? Error,
    string? Protocol, string? Node, IReadOnlyList<LoggedFeature> Features, IReadOnlyList<JsonObject> Outputs, LoggedPhases Phases, IReadOnlyList<object> Outcomes)
{
    private const string Inputs = "i.";
    private const string Outs = "o.";

    /// <param name="rows">All rows of one request, in order; at least one.</param>
    public static LoggedRequest Of(IReadOnlyList<LakeRow> rows)
    {
        var first = rows[0];
        return new LoggedRequest(
            first.Text("request_id")!, first.Instant("at"), first.Environment, first.Endpoint, first.Text("model"), first.Text("version"), first.Text("release"), first.Text("arm"),
            first.Text("served_from"), first.Whole("status"), first.Text("error"), first.Text("protocol"), first.Text("node"),
            [.. rows.SelectMany((row, index) => Cells(row, Inputs).Select(cell => new LoggedFeature(cell.Name, cell.Value, "input", rows.Count > 1 ? index : null)))],
            [.. rows.Where(row => row.Whole("status") == 200).Select(row => new JsonObject(Cells(row, Outs).Select(cell => KeyValuePair.Create(cell.Name, cell.Value))))],
            new LoggedPhases(first.Whole("t_queue"), first.Whole("t_features"), first.Whole("t_model"), first.Whole("t_total")),
            []);
    }

    private static IEnumerable<(string Name, JsonNode? Value)> Cells(LakeRow row, string prefix) => row.Columns
        .Where(column => column.Key.StartsWith(prefix, StringComparison.Ordinal) && column.Value is not null)
        .Select(column => (column.Key[prefix.Length..], ValueOf(column.Value!)));

    /// <summary>Several elements lie in the log as JSON text.</summary>
    private static JsonNode? ValueOf(object value)
    {
        if (value is not string text)
            return JsonSerializer.SerializeToNode(value);
        if (text.Length > 0 && text[0] is '[' or '{')
        {
            try
            {
                return JsonNode.Parse(text);
            }
            catch (JsonException)
            {
                return text;
            }
        }

        return text;
    }
}

internal sealed record LoggedFeature(string Name, JsonNode? Value, string Source, int? Row);

/// <summary>Microseconds.</summary>
internal sealed record LoggedPhases(long? QueueUs, long? FeaturesUs, long? ModelUs, long? TotalUs);

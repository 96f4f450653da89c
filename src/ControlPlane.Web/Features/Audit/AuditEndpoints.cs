using System.Text.Json;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Audit;

/// <summary><c>/api/v1/audit</c>.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder app)
    {
        var audit = app.MapGroup("/api/v1/audit");
        audit.MapGet("", ListAsync);
        audit.MapGet("export", ExportAsync);
        audit.MapGet("verify", VerifyAsync);
    }

    private static async Task<IResult> ListAsync([AsParameters] Filter filter, int? limit, string? cursor, HttpContext http, AuditReader audit, CancellationToken cancel)
    {
        var outcome = await audit.ListAsync(http.User.Actor(), filter.Query, limit, cursor, cancel);
        return outcome.TryGet(out var rows, out var refusal) ? TypedResults.Ok(rows) : Problems.From(refusal);
    }

    private static async Task<IResult> ExportAsync([AsParameters] Filter filter, string? format, HttpContext http, AuditReader audit, IOptions<JsonOptions> json, CancellationToken cancel)
    {
        if (format is not (null or "csv" or "json"))
            return Problems.From(Refusal.Invalid("format", "format is csv or json."));
        var outcome = await audit.ExportAsync(http.User.Actor(), filter.Query, cancel);
        if (!outcome.TryGet(out var export, out var refusal))
            return Problems.From(refusal);
        return format == "json"
            ? Results.Stream(into => JsonSerializer.SerializeAsync(into, export.Rows, json.Value.SerializerOptions, cancel), "application/json", "audit.json")
            : Results.Stream(into => AuditCsv.WriteAsync(export.Rows, into, cancel), "text/csv; charset=utf-8", "audit.csv");
    }

    private static async Task<IResult> VerifyAsync(string? head, HttpContext http, AuditReader audit, CancellationToken cancel)
    {
        var outcome = await audit.VerifyAsync(http.User.Actor(), head, cancel);
        return outcome.TryGet(out var check, out var refusal) ? TypedResults.Ok(check) : Problems.From(refusal);
    }

    private sealed record Filter(string? Actor, string? Target, string? Action, string? Outcome, DateTimeOffset? From, DateTimeOffset? To)
    {
        public AuditQuery Query => new(Actor, Target, Action, Outcome, From, To);
    }
}

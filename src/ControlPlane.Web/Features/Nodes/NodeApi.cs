using System.Security.Claims;
using ControlPlane.Data;
using ControlPlane.Data.Artifacts;
using ControlPlane.Data.Lake;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Serving.Contracts.Joining;
using Serving.Contracts.Predictions;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What nodes and gateways ask over HTTP.</summary>
internal static class NodeApi
{
    public static void MapNodeApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/node/v1").DisableAntiforgery().ExcludeFromDescription();
        api.MapPost("/join", JoinAsync).AllowAnonymous();
        var known = api.MapGroup("").RequireAuthorization(NodeScheme.Policy);
        known.MapGet("/state", StateAsync);
        known.MapGet("/peers", PeersAsync);
        known.MapGet("/blobs/{sha256}", BlobAsync);
        known.MapPut("/records/{kind}/{segment}", RecordsAsync);
        known.MapPost("/report", Report);
        app.MapHub<NodeHub>(NodeHub.Path).RequireAuthorization(NodeScheme.Policy);
    }

    private static async Task<IResult> JoinAsync(JoinRequest request, NodeCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.JoinAsync(request, cancel);
        return outcome.TryGet(out var joined, out var refusal) ? Results.Ok(joined) : Problems.From(refusal);
    }

    private static async Task<IResult> StateAsync(ClaimsPrincipal user, HttpRequest request, IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        var environment = NodeScheme.CallerOf(user).Environment;
        await using var db = await factory.CreateDbContextAsync(cancel);
        var hash = await db.Environments.Where(known => known.Name == environment).Select(known => known.ContentHash).SingleAsync(cancel);
        if (hash is null)
            return Results.NoContent();
        if (request.Headers.IfNoneMatch.ToString() == $"\"{hash}\"")
            return Results.StatusCode(StatusCodes.Status304NotModified);
        return await db.NewestAsync(environment, cancel) is { } newest
            ? Results.Bytes(newest.Utf8, "application/json", entityTag: new EntityTagHeaderValue($"\"{newest.ContentHash}\""))
            : Results.NoContent();
    }

    private static async Task<IResult> PeersAsync(ClaimsPrincipal user, PeerLists peers, CancellationToken cancel) =>
        Results.Bytes(await peers.BytesAsync(NodeScheme.CallerOf(user).Environment, cancel), "application/json");

    /// <summary>Named by content, so it never changes: ranges and If-Range go by the hash.</summary>
    private static async Task<IResult> BlobAsync(string sha256, IArtifactStore artifacts, CancellationToken cancel) =>
        IsHash(sha256) && await artifacts.ReadAsync(sha256, cancel) is { } blob
            ? Results.Stream(blob, "application/octet-stream", entityTag: new EntityTagHeaderValue($"\"{sha256}\""), enableRangeProcessing: true)
            : Problems.From(Refusal.NotFound("file", sha256));

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private static async Task<IResult> RecordsAsync(string kind, string segment, ClaimsPrincipal user, HttpContext http, LakeStore lake, CancellationToken cancel)
    {
        if (!SegmentName.IsPlain(kind) || !SegmentName.TryParse(segment, out var name))
            return Problems.From(Refusal.Invalid("segment", "A segment is called {endpoint}~{yyyy-MM-dd}~{HH}~{node}-{seq}.parquet."));
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;

        var outcome = await lake.StoreAsync(kind, NodeScheme.CallerOf(user).Environment, name, http.Request.Body, http.Request.Headers[SegmentName.Sha256Header].ToString(), cancel);
        return outcome switch
        {
            SegmentOutcome.Stored or SegmentOutcome.AlreadyThere => Results.NoContent(),
            SegmentOutcome.TooLarge => Problems.From(new Refusal("TooLarge", "The segment is too large.", RefusalKind.TooLarge)),
            _ => Problems.From(new Refusal(outcome.ToString(), $"The segment was not taken: {outcome}.", RefusalKind.Unprocessable)),
        };
    }

    private static IResult Report(Report report, ClaimsPrincipal user, NodeReports reports)
    {
        reports.Take(new NodeId(NodeScheme.CallerOf(user).Id), report);
        return Results.NoContent();
    }
}

using System.Security.Claims;
using System.Text;
using ControlPlane.Data;
using ControlPlane.Data.Artifacts;
using ControlPlane.Data.Lake;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Serving.Contracts.Joining;
using Serving.Contracts.Predictions;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What nodes and gateways ask over HTTP.</summary>
internal static class NodeApi
{
    private const long LongestJoin = 64 << 10;

    /// <summary>Bytes of a message on the live connection.</summary>
    private const long LongestMessage = 4 << 20;

    public static void MapNodeApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/node/v1").DisableAntiforgery().ExcludeFromDescription();
        api.MapPost("/join", JoinAsync).AllowAnonymous().WithMetadata(new RequestSizeLimitAttribute(LongestJoin));
        var known = api.MapGroup("").RequireAuthorization(NodeScheme.Policy);
        known.MapGet("/state", StateAsync);
        known.MapGet("/peers", PeersAsync);
        known.MapGet("/blobs/{sha256}", BlobAsync);
        known.MapPut("/records/{kind}/{segment}", RecordsAsync);
        known.MapPost("/report", ReportAsync).WithMetadata(new RequestSizeLimitAttribute(FrameIntake.LongestReport));
        known.MapPost("/credential", RenewAsync);
        app.MapHub<NodeHub>(NodeHub.Path).RequireAuthorization(NodeScheme.Policy).WithMetadata(new RequestSizeLimitAttribute(LongestMessage));
    }

    private static async Task<IResult> JoinAsync(JoinRequest request, HttpContext http, JoinCommands commands, CancellationToken cancel)
    {
        // A member that is left out is null whatever its type says.
        var given = request with { JoinToken = request.JoinToken ?? "", Name = request.Name ?? "" };
        var outcome = await commands.JoinAsync(given, http.Connection.RemoteIpAddress?.ToString() ?? "local", cancel);
        if (outcome.TryGet(out var joined, out var refusal))
            return Results.Ok(joined);
        if (refusal.Kind == RefusalKind.Overloaded)
            http.Response.Headers.RetryAfter = JoinGuesses.RetryAfter;
        return Problems.From(refusal);
    }

    private static async Task<IResult> RenewAsync(ClaimsPrincipal user, NodeCredentials credentials, CancellationToken cancel)
    {
        var outcome = await credentials.RenewAsync(new NodeId(NodeScheme.CallerOf(user).Id), cancel);
        return outcome.TryGet(out var next, out var refusal) ? Results.Ok(next) : Problems.From(refusal);
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

    /// <summary>
    /// Named by content, so it never changes: ranges and If-Range go by the hash. Only what the node's environment asks for, and one range at a time:
    /// a thousand in one request cost a thousand times as much as they look.
    /// </summary>
    private static async Task<IResult> BlobAsync(
        string sha256, ClaimsPrincipal user, HttpRequest request, IArtifactStore artifacts, IDbContextFactory<ControlPlaneDb> factory, NodeCredentials credentials, CancellationToken cancel)
    {
        if (request.Headers.Range.ToString().Contains(',', StringComparison.Ordinal))
            return Problems.From(new Refusal("OneRangeOnly", "Ask for one range at a time.", RefusalKind.RangeNotSatisfiable));
        var caller = NodeScheme.CallerOf(user);
        if (!IsHash(sha256) || !await IsAskedForAsync(factory, caller.Environment, sha256, cancel))
        {
            await credentials.DenyAsync(new NodeId(caller.Id), caller.Name, "node.denied", $"{caller.Environment} asks for no such file.", cancel);
            return Problems.From(Refusal.NotFound("file", sha256));
        }

        return await artifacts.ReadAsync(sha256, cancel) is { } blob
            ? Results.Stream(blob, "application/octet-stream", entityTag: new EntityTagHeaderValue($"\"{sha256}\""), enableRangeProcessing: true)
            : Problems.From(Refusal.NotFound("file", sha256));
    }

    private static async Task<bool> IsAskedForAsync(IDbContextFactory<ControlPlaneDb> factory, string environment, string sha256, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.NewestAsync(environment, cancel) is { } newest && newest.Utf8.AsSpan().IndexOf(Encoding.ASCII.GetBytes(sha256)) >= 0;
    }

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

    private static async Task<IResult> ReportAsync(HttpRequest request, ClaimsPrincipal user, FrameIntake intake, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancel);
        return await intake.ReportAsync(NodeScheme.CallerOf(user), body.ToArray(), cancel) is { } refusal ? Problems.From(refusal) : Results.NoContent();
    }
}

using System.Security.Claims;
using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Nodes, for people and scripts.</summary>
internal static class NodeEndpoints
{
    public static void MapNodeEndpoints(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").DisableAntiforgery();
        api.MapGet("/nodes", ListAsync);
        api.MapGet("/environments/{environment}/convergence", ConvergenceAsync);
        api.MapPost("/nodes/join-tokens", MakeJoinTokenAsync).WithMetadata(new ShownOnce());
        api.MapGet("/nodes/join-tokens", async (ClaimsPrincipal user, JoinCommands commands, CancellationToken cancel) =>
            (await commands.ListTokensAsync(user.Actor(), cancel)).TryGet(out var rows, out var refusal) ? Results.Ok(new Listing<JoinTokenRow>(rows, null)) : Problems.From(refusal));
        api.MapDelete("/nodes/join-tokens/{id:guid}", async (Guid id, ClaimsPrincipal user, JoinCommands commands, CancellationToken cancel) =>
            Answer(await commands.RevokeTokenAsync(id, user.Actor(), cancel)));
        api.MapPost("/nodes/{node}/rotate-credential", async (string node, ClaimsPrincipal user, NodeCommands commands, CancellationToken cancel) =>
            Answer(await commands.RotateAsync(node, user.Actor(), cancel)));
        api.MapPost("/nodes/{node}/drain", async (string node, ClaimsPrincipal user, NodeCommands commands, CancellationToken cancel) =>
            Answer(await commands.DrainAsync(node, user.Actor(), cancel)));
        api.MapPost("/nodes/{node}/clear-quarantine", async (string node, ClaimsPrincipal user, NodeCommands commands, CancellationToken cancel) =>
            Answer(await commands.ClearQuarantineAsync(node, user.Actor(), cancel)));
        api.MapPost("/nodes/{node}/revoke", async (string node, ClaimsPrincipal user, NodeCommands commands, CancellationToken cancel) =>
            Answer(await commands.RevokeAsync(node, user.Actor(), cancel)));
        api.MapPost("/environments/{environment}/reassert", async (string environment, ClaimsPrincipal user, NodeCommands commands, CancellationToken cancel) =>
            (await commands.ReassertAsync(environment, user.Actor(), cancel)).TryGet(out var revision, out var refusal) ? Results.Ok(new { revision }) : Problems.From(refusal));
    }

    private static IResult Answer(Outcome<Done> outcome) => outcome.TryGet(out _, out var refusal) ? Results.NoContent() : Problems.From(refusal);

    private static async Task<IResult> ListAsync(IDbContextFactory<ControlPlaneDb> factory, NodeReports reports, TimeProvider time, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var nodes = await db.Nodes.AsNoTracking().OrderBy(node => node.Name).ToListAsync(cancel);
        var now = time.GetUtcNow();
        return Results.Ok(new Listing<object>([.. nodes.Select(node =>
        {
            var seen = reports.Of(node.Id);
            return new
            {
                name = node.Name, kind = node.Kind, environment = node.Environment, pool = node.Pool, address = seen?.Report.Address ?? node.Address,
                state = node.RevokedAt is not null ? "Revoked" : seen is null ? "NeverSeen" : !Domain.Nodes.Convergence.IsReachable(seen.At, now) ? "Unreachable" : seen.Report.Draining ? "Draining" : "Ready",
                appliedRevision = seen?.Report.AppliedRevision, rejected = seen?.Report.Rejected, serving = seen?.Report.Serving, quarantined = seen?.Report.Quarantined,
                lastSeen = seen?.At, memoryBytes = seen?.Report.MemoryBytes, diskFreeBytes = seen?.Report.DiskFreeBytes, agentVersion = seen?.Report.AgentVersion,
                rotationAskedAt = node.RotationAskedAt, secondSessionAt = node.SecondSessionAt,
            };
        })], null));
    }

    private static async Task<IResult> ConvergenceAsync(string environment, IDbContextFactory<ControlPlaneDb> factory, Fleet fleet, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var known = await db.Environments.AsNoTracking().SingleOrDefaultAsync(row => row.Name == environment, cancel);
        if (known is null)
            return Problems.From(Refusal.NotFound("environment", environment));
        var nodes = await fleet.ReadAsync(db, environment, cancel);
        return Results.Ok(new
        {
            environment, desiredRevision = known.Revision, timelineId = known.TimelineId, contentHash = known.ContentHash,
            conditions = nodes.Where(node => node.Report is { } report && Domain.Nodes.Convergence.IsAhead(report, known.TimelineId, known.Revision)).Select(_ => "RevisionRegression").Distinct(),
            nodes = nodes.Select(node => new
            {
                name = node.Name, pool = node.Pool, reachable = node.IsReachable, appliedRevision = node.Report?.AppliedRevision ?? 0, timelineId = node.Report?.TimelineId,
                rejected = node.Report?.Rejected, serving = node.Report?.Serving ?? [], quarantined = node.Report?.Quarantined ?? [], lastSeen = node.LastSeen,
            }),
        });
    }

    private static async Task<IResult> MakeJoinTokenAsync(JoinTokenRequest request, ClaimsPrincipal user, JoinCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.MakeTokenAsync(request.Environment, request.Pool, request.Uses ?? 1, TimeSpan.FromMinutes(request.ExpiresInMinutes ?? 60), user.Actor(), cancel);
        return outcome.TryGet(out var made, out var refusal)
            ? Results.Created((string?)null, new { id = made.Id, token = made.Token, expiresAt = made.ExpiresAt, environment = request.Environment })
            : Problems.From(refusal);
    }

    private sealed record JoinTokenRequest(string Environment, string? Pool = null, int? Uses = null, int? ExpiresInMinutes = null);
}

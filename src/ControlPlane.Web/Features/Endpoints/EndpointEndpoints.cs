using System.Security.Claims;
using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Environments, endpoints, deploying and rolling back, for scripts.</summary>
internal static class EndpointEndpoints
{
    public static void MapEndpointEndpoints(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").DisableAntiforgery();
        api.MapGet("/endpoints", ListAllAsync);
        api.MapGet("/environments/{environment}/endpoints", ListAsync);
        api.MapPost("/environments/{environment}/endpoints", CreateAsync);
        api.MapGet("/environments/{environment}/endpoints/{endpoint}", GetAsync);
        api.MapPost("/environments/{environment}/endpoints/{endpoint}/deploy", DeployAsync);
        api.MapPost("/environments/{environment}/endpoints/{endpoint}/rollback", RollBackAsync);
        api.MapGet("/environments/{environment}/endpoints/{endpoint}/history", HistoryAsync);
        api.MapPost("/releases", MakeReleaseAsync);
        api.MapGet("/releases/{id}", ReleaseAsync);
    }

    private static Task<IResult> ListAllAsync(EndpointReader reader, CancellationToken cancel) => ListAsync(null, reader, cancel);

    private static async Task<IResult> ListAsync(string? environment, EndpointReader reader, CancellationToken cancel) =>
        Results.Ok(new Listing<EndpointAnswer>(await reader.ListAsync(environment, cancel), null));

    private static async Task<IResult> CreateAsync(string environment, EndpointSettings settings, ClaimsPrincipal user, EndpointCommands commands, EndpointReader reader, CancellationToken cancel)
    {
        var outcome = await commands.CreateAsync(environment, settings, user.Actor(), cancel);
        return outcome.TryGet(out var made, out var refusal)
            ? Results.Created($"/api/v1/environments/{environment}/endpoints/{made.Name}", await reader.GetAsync(environment, made.Name, cancel))
            : Problems.From(refusal);
    }

    private static async Task<IResult> GetAsync(string environment, string endpoint, HttpContext http, EndpointReader reader, CancellationToken cancel)
    {
        if (await reader.GetAsync(environment, endpoint, cancel) is not { } found)
            return Problems.From(Refusal.NotFound("endpoint", $"{environment}/{endpoint}"));
        http.SetETag(found.Stamp);
        return Results.Ok(found);
    }

    private static async Task<IResult> DeployAsync(
        string environment, string endpoint, DeployRequest request, string? wait, HttpContext http, EndpointCommands commands, Acknowledgement acknowledgement,
        IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        if (!http.IfMatch(required: false).TryGet(out var seen, out var refusal))
            return Problems.From(refusal);
        if (request.FeatureSchema is not null || request.Binding is not null)
            return Problems.From(Refusal.Invalid("featureSchema", "Feature schemas are not part of this version; the caller gives the model's tensors."));

        var outcome = await commands.DeployAsync(environment, endpoint, new DeployOrder(request.Model, request.Version, request.Runtime, request.Strategy), seen, http.User.Actor(), cancel);
        if (!outcome.TryGet(out var started, out refusal))
            return Problems.From(refusal);

        var (state, revision) = await WaitAsync(environment, endpoint, started, wait, acknowledgement, factory, cancel);
        return Results.Ok(new { release = new { id = started.Release }, rollout = new { id = started.Number.ToString(), state }, revision });
    }

    private static async Task<IResult> RollBackAsync(
        string environment, string endpoint, RollBackRequest? request, string? wait, HttpContext http, EndpointCommands commands, Acknowledgement acknowledgement,
        IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        if (!http.IfMatch(required: false).TryGet(out var seen, out var refusal))
            return Problems.From(refusal);
        var outcome = await commands.RollBackAsync(environment, endpoint, request?.To, request?.Reason, seen, http.User.Actor(), cancel);
        if (!outcome.TryGet(out var started, out refusal))
            return Problems.From(refusal);

        await using var db = await factory.CreateDbContextAsync(cancel);
        var pool = await db.Endpoints.Where(known => known.Environment == environment && known.Name == endpoint).Select(known => known.Pool).SingleAsync(cancel);
        var (acknowledged, pending) = await acknowledgement.WaitAsync(environment, pool, started.Revision, Acknowledgement.Parse(wait), _ => Task.FromResult(true), cancel);
        return Results.Ok(new { rollout = new { id = started.Number.ToString() }, release = new { id = started.Release }, revision = started.Revision, acknowledged, pending });
    }

    private static async Task<(string State, long Revision)> WaitAsync(
        string environment, string endpoint, RolloutStarted started, string? wait, Acknowledgement acknowledgement, IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var pool = await db.Endpoints.Where(known => known.Environment == environment && known.Name == endpoint).Select(known => known.Pool).SingleAsync(cancel);
        await acknowledgement.WaitAsync(environment, pool, revision: null, Acknowledgement.Parse(wait), async look =>
            await look.Rollouts.Where(rollout => rollout.Id == started.Id).Select(rollout => rollout.Phase).SingleAsync(cancel) is not RolloutPhase.Progressing, cancel);
        var phase = await db.Rollouts.AsNoTracking().Where(rollout => rollout.Id == started.Id).Select(rollout => rollout.Phase).SingleAsync(cancel);
        var revision = await db.Environments.AsNoTracking().Where(known => known.Name == environment).Select(known => known.Revision).SingleAsync(cancel);
        return (phase.ToString(), revision);
    }

    private static async Task<IResult> HistoryAsync(string environment, string endpoint, DateTimeOffset? at, EndpointReader reader, IDbContextFactory<ControlPlaneDb> factory, TimeProvider time, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (!await db.Endpoints.AnyAsync(known => known.Environment == environment && known.Name == endpoint, cancel))
            return Problems.From(Refusal.NotFound("endpoint", $"{environment}/{endpoint}"));

        var moment = at ?? time.GetUtcNow();
        var state = await db.AtAsync(environment, moment, cancel);
        var arms = state?.Endpoints.FirstOrDefault(known => known.Name == endpoint)?.Arms ?? [];
        return Results.Ok(new
        {
            at = moment, environment, endpoint, revision = state?.Revision, timelineId = state?.TimelineId,
            arms = arms.Select(arm => new { arm.Name, arm.Release, model = state!.Releases[arm.Release].Model, version = state.Releases[arm.Release].Version, arm.Weight }),
            changes = await reader.ChangesAsync(environment, endpoint, cancel),
        });
    }

    private static async Task<IResult> MakeReleaseAsync(ReleaseRequest request, ClaimsPrincipal user, EndpointCommands commands, CancellationToken cancel)
    {
        if (request.FeatureSchema is not null || request.Binding is not null)
            return Problems.From(Refusal.Invalid("featureSchema", "Feature schemas are not part of this version; the caller gives the model's tensors."));
        if ((request.Version is null ? request.Model : $"{request.Model}@{request.Version}").Split('@') is not [var model, var version])
            return Problems.From(Refusal.Invalid("model", "model is name@version or name@alias, or version stands beside it."));

        var outcome = await commands.MakeReleaseAsync(model, version, request.Runtime, user.Actor(), cancel);
        return outcome.TryGet(out var release, out var refusal) ? Results.Created($"/api/v1/releases/{release.Id}", new { id = release.Id }) : Problems.From(refusal);
    }

    private static async Task<IResult> ReleaseAsync(string id, IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var release = await db.Releases.AsNoTracking().SingleOrDefaultAsync(known => known.Id == id, cancel);
        return release is null
            ? Problems.From(Refusal.NotFound("release", id))
            : Results.Ok(new { id = release.Id, model = release.Model, version = release.Version.ToString(), artifact = release.Artifact, runtime = release.Runtime, createdBy = release.CreatedBy, createdAt = release.CreatedAt });
    }

    /// <param name="Model"><c>name@version</c>, <c>name@alias</c>, or a name with <paramref name="Version"/> beside it.</param>
    private sealed record ReleaseRequest(string Model, string? Version = null, string? FeatureSchema = null, System.Text.Json.JsonElement? Binding = null, RuntimeConfiguration? Runtime = null);

    private sealed record DeployRequest(string Model, string Version, string? FeatureSchema = null, System.Text.Json.JsonElement? Binding = null, RuntimeConfiguration? Runtime = null, string? Strategy = null);

    private sealed record RollBackRequest(string? To = null, string? Reason = null);
}

using System.Globalization;
using System.Text.Json.Nodes;
using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>Rollouts, for scripts.</summary>
internal static class RolloutEndpoints
{
    /// <summary>Stopping is never held up by a missing precondition.</summary>
    private static readonly RolloutAction[] _withPrecondition =
        [RolloutAction.Submit, RolloutAction.Approve, RolloutAction.Reject, RolloutAction.Start, RolloutAction.Resume, RolloutAction.Advance, RolloutAction.Promote];

    public static void MapRolloutEndpoints(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").DisableAntiforgery();
        api.MapPost("/environments/{environment}/endpoints/{endpoint}/rollouts", DraftAsync);
        api.MapGet("/rollouts", ListAsync);
        api.MapGet("/rollouts/{number:int}", GetAsync);
        api.MapPut("/rollouts/{number:int}", EditAsync);
        api.MapDelete("/rollouts/{number:int}", (int number, HttpContext http, RolloutCommands commands, CancellationToken cancel) => ActAsync(number, RolloutAction.Delete, null, http, commands, cancel));
        foreach (var action in StateActions.Verbs)
        {
            api.MapPost($"/rollouts/{{number:int}}/{StateActions.Verb(action)}",
                (int number, ActRequest? request, HttpContext http, RolloutCommands commands, CancellationToken cancel) => ActAsync(number, action, request, http, commands, cancel));
        }

        api.MapPost("/rollouts/{number:int}/supersede", SupersedeAsync);
    }

    private static async Task<IResult> DraftAsync(string environment, string endpoint, PlanRequest request, HttpContext http, PlanCommands commands, CancellationToken cancel)
    {
        if (!request.ToOrder().TryGet(out var order, out var refusal))
            return Problems.From(refusal);
        var outcome = await commands.DraftAsync(environment, endpoint, order, http.User.Actor(), cancel);
        if (!outcome.TryGet(out var rollout, out refusal))
            return Problems.From(refusal);
        http.SetETag(rollout.Stamp);
        return Results.Created($"/api/v1/rollouts/{rollout.Number}", Short(rollout));
    }

    private static async Task<IResult> EditAsync(int number, PlanRequest request, HttpContext http, PlanCommands commands, CancellationToken cancel)
    {
        if (!http.IfMatch(required: true).TryGet(out var seen, out var refusal) || !request.ToOrder().TryGet(out var order, out refusal))
            return Problems.From(refusal);
        return Answer(await commands.EditAsync(number, order, seen, http.User.Actor(), cancel), http);
    }

    /// <param name="state">As in the answers: <c>AwaitingApproval</c>, …; null: all.</param>
    /// <param name="endpoint"><c>environment/name</c>; null: all.</param>
    private static async Task<IResult> ListAsync(string? state, string? endpoint, int? limit, string? cursor, IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        if (!Paging.After(cursor).TryGet(out var after, out var refusal))
            return Problems.From(refusal);
        RolloutPhase? phase = null;
        if (state is not null)
        {
            if (!Enum.TryParse<RolloutPhase>(state, ignoreCase: true, out var named) || !Enum.IsDefined(named))
                return Problems.From(Refusal.Invalid("state", $"state is one of {string.Join(", ", Enum.GetNames<RolloutPhase>())}."));
            phase = named;
        }

        var (most, before) = (Paging.Limit(limit), after is not null && int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : int.MaxValue);
        var (environment, name) = endpoint?.Split('/') is [var first, var second] ? (first, second) : (null, endpoint);
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rows = await db.Rollouts.AsNoTracking()
            .Where(row => row.Number < before && (phase == null || row.Phase == phase) && (environment == null || row.Environment == environment) && (name == null || row.EndpointName == name))
            .OrderByDescending(row => row.Number).Take(most + 1).ToListAsync(cancel);
        return Results.Ok(Paging.Of([.. rows.Select(Short)], most, row => row.Id));
    }

    private static async Task<IResult> GetAsync(int number, HttpContext http, RolloutReader reader, CancellationToken cancel)
    {
        if (await reader.GetAsync(number, cancel) is not { } found)
            return Problems.From(Refusal.NotFound("rollout", $"#{number}"));
        http.SetETag(found.Stamp);
        return Results.Ok(found);
    }

    private static async Task<IResult> ActAsync(int number, RolloutAction action, ActRequest? request, HttpContext http, RolloutCommands commands, CancellationToken cancel)
    {
        if (!http.IfMatch(required: _withPrecondition.Contains(action)).TryGet(out var seen, out var refusal))
            return Problems.From(refusal);
        var order = new RolloutOrder(action, request?.Reason ?? "", seen) { PlanHash = request?.PlanHash, Node = request?.Node, IsBreakGlass = request?.BreakGlass == true };
        return Answer(await commands.ActAsync(number, order, http.User.Actor(), cancel), http);
    }

    private static async Task<IResult> SupersedeAsync(int number, SupersedeRequest? request, HttpContext http, RolloutCommands commands, CancellationToken cancel) =>
        Answer(await commands.SupersedeAsync(number, request?.By, request?.Reason ?? "", http.User.Actor(), cancel), http);

    private static IResult Answer(Outcome<Rollout> outcome, HttpContext http)
    {
        if (!outcome.TryGet(out var rollout, out var refusal))
            return Problems.From(refusal);
        http.SetETag(rollout.Stamp);
        return Results.Ok(Short(rollout));
    }

    private static RolloutRow Short(Rollout rollout) => new(
        rollout.Number.ToString(CultureInfo.InvariantCulture), rollout.Environment, rollout.EndpointName, rollout.Plan.Strategy, rollout.Phase.ToString(), rollout.State.Attempt, rollout.State.Step,
        rollout.State.Weight, rollout.ToRelease, rollout.CreatedBy, rollout.CreatedAt);

    private sealed record RolloutRow(
        string Id, string Environment, string Endpoint, string Strategy, string State, int Attempt, int Step, int Weight, string Release, string CreatedBy, DateTimeOffset CreatedAt);

    private sealed record PlanRequest(ReleasePart? Release = null, JsonObject? Rollout = null, string? Reason = null)
    {
        public Outcome<PlanOrder> ToOrder()
        {
            if (Release is null || (Release.Version is null ? Release.Model : $"{Release.Model}@{Release.Version}")?.Split('@') is not [var model, var version])
                return Refusal.Invalid("release.model", "release.model is name@version or name@alias, or release.version stands beside it.");
            if (Release.FeatureSchema is not null || Release.Binding is not null)
                return Refusal.Invalid("release.featureSchema", "Feature schemas are not part of this version; the caller gives the model's tensors.");
            return new PlanOrder(model, version, Release.Runtime, Rollout ?? [], Reason);
        }
    }

    /// <param name="Model"><c>name@version</c>, <c>name@alias</c>, or a name with <paramref name="Version"/> beside it.</param>
    private sealed record ReleasePart(string? Model = null, string? Version = null, string? FeatureSchema = null, JsonObject? Binding = null, RuntimeConfiguration? Runtime = null);

    /// <param name="PlanHash">Of an approval: the plan that was looked at.</param>
    /// <param name="Node">Of an exclusion.</param>
    /// <param name="BreakGlass">Of an approval: alone, in an emergency.</param>
    private sealed record ActRequest(string? Reason = null, string? PlanHash = null, string? Node = null, bool BreakGlass = false);

    /// <param name="By">Number of the rollout that takes its place.</param>
    private sealed record SupersedeRequest(int? By = null, string? Reason = null);
}

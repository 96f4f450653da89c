using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>Rollouts, for scripts.</summary>
internal static class RolloutEndpoints
{
    /// <summary>Stopping is never held up by a missing precondition.</summary>
    private static readonly RolloutAction[] _withoutPrecondition = [RolloutAction.Pause, RolloutAction.Abort, RolloutAction.Retry];

    public static void MapRolloutEndpoints(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1/rollouts").DisableAntiforgery();
        api.MapGet("/{number:int}", GetAsync);
        foreach (var action in Enum.GetValues<RolloutAction>())
        {
            api.MapPost($"/{{number:int}}/{StateActions.Verb(action)}",
                (int number, ActRequest? request, HttpContext http, RolloutCommands commands, CancellationToken cancel) => ActAsync(number, action, request?.Reason, http, commands, cancel));
        }
    }

    private static async Task<IResult> GetAsync(int number, HttpContext http, IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rollout = await db.Rollouts.AsNoTracking().SingleOrDefaultAsync(known => known.Number == number, cancel);
        if (rollout is null)
            return Problems.From(Refusal.NotFound("rollout", $"#{number}"));
        var decisions = await db.Decisions.AsNoTracking().Where(row => row.RolloutId == rollout.Id).OrderBy(row => row.Sequence).ToListAsync(cancel);
        http.SetETag(rollout.Stamp);
        return Results.Ok(new
        {
            id = rollout.Number.ToString(), environment = rollout.Environment, endpoint = rollout.EndpointName, strategy = rollout.Plan.Strategy, state = rollout.Phase.ToString(),
            attempt = rollout.State.Attempt, step = rollout.State.Step, steps = rollout.Plan.Steps, weight = rollout.State.Weight, reason = rollout.State.Reason, condition = rollout.Condition,
            nextTryAt = rollout.NextTryAt, from = rollout.FromRelease, to = rollout.ToRelease, createdBy = rollout.CreatedBy, createdAt = rollout.CreatedAt, gates = Array.Empty<object>(),
            allowed = StateActions.Allowed(rollout.Phase).Select(StateActions.Verb),
            decisions = decisions.Select(row => new { at = row.At, step = row.Step, attempt = row.Attempt, action = row.Action, actor = row.Actor, reason = row.Reason }),
        });
    }

    private static async Task<IResult> ActAsync(int number, RolloutAction action, string? reason, HttpContext http, RolloutCommands commands, CancellationToken cancel)
    {
        if (!http.IfMatch(required: !_withoutPrecondition.Contains(action)).TryGet(out var seen, out var refusal))
            return Problems.From(refusal);
        var outcome = await commands.ActAsync(number, action, reason ?? "", seen, http.User.Actor(), cancel);
        return outcome.TryGet(out var state, out refusal)
            ? Results.Ok(new { id = number.ToString(), state = state.Phase.ToString(), attempt = state.Attempt, step = state.Step })
            : Problems.From(refusal);
    }

    private sealed record ActRequest(string? Reason = null);
}

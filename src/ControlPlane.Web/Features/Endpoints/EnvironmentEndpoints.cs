using System.Security.Claims;
using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary><c>/api/v1/environments</c>.</summary>
internal static class EnvironmentEndpoints
{
    public static void MapEnvironmentEndpoints(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1/environments").DisableAntiforgery();
        api.MapGet("/", ListAsync);
        api.MapPost("/", SetAsync);
        api.MapPatch("/{environment}", ProtectAsync);
    }

    private static async Task<IResult> ListAsync(IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rows = await db.Environments.AsNoTracking().OrderBy(row => row.Name).Take(EnvironmentCommands.Most).ToListAsync(cancel);
        return Results.Ok(new Listing<EnvironmentAnswer>([.. rows.Select(Answer)], null));
    }

    /// <summary>One that exists gets the protection that was named, so that a script says what it wants and need not ask first.</summary>
    private static async Task<IResult> SetAsync(EnvironmentRequest request, ClaimsPrincipal user, EnvironmentCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.CreateAsync(request.Name, request.Protected == true, user.Actor(), cancel);
        if (outcome.TryGet(out var made, out var refusal))
            return Results.Created($"/api/v1/environments/{made.Name}", Answer(made));
        return refusal.Code == "EnvironmentExists" && request.Protected is not null ? await ProtectAsync(request.Name!, new(request.Protected), user, commands, cancel) : Problems.From(refusal);
    }

    private static async Task<IResult> ProtectAsync(string environment, ProtectRequest request, ClaimsPrincipal user, EnvironmentCommands commands, CancellationToken cancel)
    {
        if (request.Protected is not { } isProtected)
            return Problems.From(Refusal.Invalid("protected", "protected is true or false."));
        var outcome = await commands.ProtectAsync(environment, isProtected, user.Actor(), cancel);
        return outcome.TryGet(out var changed, out var refusal) ? Results.Ok(Answer(changed)) : Problems.From(refusal);
    }

    private static EnvironmentAnswer Answer(ServingEnvironment row) => new(row.Name, row.Protected, row.Revision, row.TimelineId);

    /// <param name="Protected">Rollouts need the approval of a second person; null: they do not, and of one that exists nothing is changed.</param>
    private sealed record EnvironmentRequest(string? Name = null, bool? Protected = null);

    private sealed record ProtectRequest(bool? Protected = null);

    private sealed record EnvironmentAnswer(string Name, bool Protected, long Revision, string TimelineId);
}

using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Access;

/// <summary><c>/api/v1/users</c>.</summary>
internal static class PeopleEndpoints
{
    public static void MapPeople(this IEndpointRouteBuilder app)
    {
        var users = app.MapGroup("/api/v1/users");
        users.MapGet("", ListAsync);
        users.MapPost("", InviteAsync).WithMetadata(new ShownOnce());
        users.MapPut("{email}/role", async (string email, RoleRequest request, HttpContext http, PeopleCommands commands, CancellationToken cancel) =>
            Answer(await commands.ChangeRoleAsync(http.User.Actor(), email, request.Role, cancel)));
        users.MapPost("{email}/disable", async (string email, HttpContext http, PeopleCommands commands, CancellationToken cancel) =>
            Answer(await commands.DisableAsync(http.User.Actor(), email, cancel)));
        users.MapPost("{email}/enable", async (string email, HttpContext http, PeopleCommands commands, CancellationToken cancel) =>
            Answer(await commands.EnableAsync(http.User.Actor(), email, cancel)));
    }

    private static IResult Answer(Outcome<Done> outcome) => outcome.TryGet(out _, out var refusal) ? TypedResults.NoContent() : Problems.From(refusal);

    private static async Task<IResult> ListAsync(HttpContext http, PeopleCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.ListAsync(http.User.Actor(), cancel);
        return outcome.TryGet(out var rows, out var refusal) ? TypedResults.Ok(new Listing<PersonRow>(rows, null)) : Problems.From(refusal);
    }

    private static async Task<IResult> InviteAsync(InviteRequest request, HttpContext http, PeopleCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.InviteAsync(http.User.Actor(), request.Email, request.Role, cancel);
        return outcome.TryGet(out var made, out var refusal)
            ? TypedResults.Created((string?)null, new { email = made.Email, link = $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}{made.Path}", expiresAt = made.ExpiresAt })
            : Problems.From(refusal);
    }

    private sealed record InviteRequest(string? Email, string? Role);

    private sealed record RoleRequest(string? Role);
}

using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Access;

/// <summary><c>/api/v1/session</c> and <c>/api/v1/tokens</c>.</summary>
internal static class TokenEndpoints
{
    public static void MapTokens(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/session", OpenSessionAsync).AllowAnonymous().RequireRateLimiting(AccessFeature.SignInLimit);
        var tokens = app.MapGroup("/api/v1/tokens").RequireAuthorization().AddEndpointFilter(OnlyPeopleAsync);
        tokens.MapPost("", CreateAsync);
        tokens.MapGet("", async (TokenCommands commands, CancellationToken cancel) => TypedResults.Ok(new Listing<TokenRow>(await commands.ListAsync(cancel), null)));
        tokens.MapDelete("{id:guid}", RevokeAsync);
    }

    private static async Task<IResult> OpenSessionAsync(SessionRequest request, SignInCommands people, TokenCommands commands, CancellationToken cancel)
    {
        var found = await people.CheckAsync(request.Email, request.Password, cancel);
        if (!found.TryGet(out var person, out var refusal))
            return Problems.From(refusal);
        var opened = await commands.OpenSessionAsync(person.Email!, person.Role, cancel);
        return opened.TryGet(out var session, out refusal) ? TypedResults.Ok(new SessionAnswer(session.Token, session.ExpiresAt)) : Problems.From(refusal);
    }

    private static async Task<IResult> CreateAsync(TokenRequest request, HttpContext http, TokenCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.CreateAsync(http.User.Actor(), request.Name, request.Role, request.ExpiresAt, cancel);
        return outcome.TryGet(out var token, out var refusal) ? TypedResults.Created($"/api/v1/tokens/{token.Id}", token) : Problems.From(refusal);
    }

    private static async Task<IResult> RevokeAsync(Guid id, HttpContext http, TokenCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.RevokeAsync(http.User.Actor(), id, cancel);
        return outcome.TryGet(out _, out var refusal) ? TypedResults.NoContent() : Problems.From(refusal);
    }

    /// <summary>A machine's token makes no further tokens.</summary>
    private static ValueTask<object?> OnlyPeopleAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.User.IsPerson() && context.HttpContext.User.IsInRole(Roles.Admin)
            ? next(context)
            : ValueTask.FromResult<object?>(Problems.From(new Refusal("PersonRequired", "Tokens are made by an administrator who is signed in, not by a token.", RefusalKind.Forbidden)));

    private sealed record SessionRequest(string? Email, string? Password, string? Code = null);

    private sealed record SessionAnswer(string Token, DateTimeOffset ExpiresAt);

    private sealed record TokenRequest(string? Name, string? Role, DateTimeOffset? ExpiresAt);
}

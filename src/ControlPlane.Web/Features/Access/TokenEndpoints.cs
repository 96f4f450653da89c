using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Access;

/// <summary><c>/api/v1/session</c> and <c>/api/v1/tokens</c>.</summary>
internal static class TokenEndpoints
{
    public static void MapTokens(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/session", OpenSessionAsync).AllowAnonymous().RequireRateLimiting(AccessFeature.SignInLimit);
        var tokens = app.MapGroup("/api/v1/tokens");
        tokens.MapPost("", CreateAsync).WithMetadata(new ShownOnce());
        tokens.MapGet("", ListAsync);
        tokens.MapDelete("{id:guid}", RevokeAsync);
    }

    private static async Task<IResult> OpenSessionAsync(SessionRequest request, SignInCommands people, TokenCommands commands, CancellationToken cancel)
    {
        var found = await people.CheckAsync(request.Email, request.Password, request.Code, cancel);
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

    private static async Task<IResult> ListAsync(HttpContext http, TokenCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.ListAsync(http.User.Actor(), cancel);
        return outcome.TryGet(out var rows, out var refusal) ? TypedResults.Ok(new Listing<TokenRow>(rows, null)) : Problems.From(refusal);
    }

    private static async Task<IResult> RevokeAsync(Guid id, HttpContext http, TokenCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.RevokeAsync(http.User.Actor(), id, cancel);
        return outcome.TryGet(out _, out var refusal) ? TypedResults.NoContent() : Problems.From(refusal);
    }

    private sealed record SessionRequest(string? Email, string? Password, string? Code = null)
    {
        public override string ToString() => $"Session for {Email}";
    }

    private sealed record SessionAnswer(string Token, DateTimeOffset ExpiresAt)
    {
        public override string ToString() => $"Session until {ExpiresAt:O}";
    }

    private sealed record TokenRequest(string? Name, string? Role, DateTimeOffset? ExpiresAt);
}

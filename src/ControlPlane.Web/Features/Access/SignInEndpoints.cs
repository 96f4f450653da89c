using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;

namespace ControlPlane.Web.Features.Access;

/// <summary>
/// Where the plain forms of sign-in, sign-out and set-up go. Each carries an antiforgery token. On failure they lead back to their page
/// with <c>?error=</c>: <c>SignInFailed</c>, <c>FormExpired</c>, <c>LinkExpired</c> or <c>Invalid</c> (with <c>&amp;message=</c>).
/// </summary>
internal static class SignInEndpoints
{
    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        app.MapPost("/sign-in", SignInAsync).AllowAnonymous().RequireRateLimiting(AccessFeature.SignInLimit).DisableAntiforgery().ExcludeFromDescription();
        app.MapPost("/sign-out", SignOutAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
        app.MapPost("/setup", SetUpAsync).AllowAnonymous().RequireRateLimiting(AccessFeature.SignInLimit).DisableAntiforgery().ExcludeFromDescription();
        app.MapGet("/api/v1/antiforgery", (HttpContext http, IAntiforgery antiforgery) =>
            TypedResults.Ok(new FormToken(antiforgery.GetAndStoreTokens(http).RequestToken))).ExcludeFromDescription();
    }

    /// <summary>Address of the sign-in page.</summary>
    public static string Page(string? error, string? returnUrl) =>
        "/sign-in" + QueryString.Create(new Dictionary<string, string?> { ["error"] = error, ["returnUrl"] = returnUrl is null or "/" ? null : returnUrl }.Where(pair => pair.Value is not null));

    // Checked by hand: the framework would answer 400 with an empty page where a plain "load it again" is due.
    private static async Task<IResult> SignInAsync(
        HttpContext http, [FromForm] string? email, [FromForm] string? password, [FromForm] string? returnUrl, SignInCommands commands, IAntiforgery antiforgery, CancellationToken cancel)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
            return Results.LocalRedirect(Page("FormExpired", LocalPath.Of(returnUrl)));
        var outcome = await commands.SignInAsync(email, password, cancel);
        return outcome.TryGet(out _, out var refusal) ? Results.LocalRedirect(LocalPath.Of(returnUrl)) : Results.LocalRedirect(Page(refusal.Code, LocalPath.Of(returnUrl)));
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, [FromForm] string? returnUrl, SignInCommands commands, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
            return Results.LocalRedirect("/");
        await commands.SignOutAsync();
        return Results.LocalRedirect(Page(null, LocalPath.Of(returnUrl)));
    }

    private static async Task<IResult> SetUpAsync(
        HttpContext http, [FromForm] string? token, [FromForm] string? email, [FromForm] string? password, SignInCommands commands, IAntiforgery antiforgery, CancellationToken cancel)
    {
        var valid = await antiforgery.IsRequestValidAsync(http);
        var outcome = valid
            ? await commands.SetUpAsync(token, email, password, cancel)
            : new Refusal("FormExpired", "The form is out of date. Load the page again and repeat.", RefusalKind.Invalid);
        if (outcome.TryGet(out _, out var refusal))
            return Results.LocalRedirect("/");

        return Results.LocalRedirect("/setup" + QueryString.Create(new Dictionary<string, string?> { ["token"] = token, ["error"] = refusal.Code, ["message"] = refusal.Message }));
    }

    private sealed record FormToken(string? Token);
}

using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>
/// Where the plain forms of sign-in, sign-out and set-up go. Each carries an antiforgery token. On failure they lead back to their page
/// with <c>?error=</c>: the code of the refusal, <c>FormExpired</c> or <c>NeedsHttps</c>. A form of another site gets 400.
/// </summary>
internal static class SignInEndpoints
{
    private const string CodePage = "/sign-in/code";
    private const string ConfirmPage = "/account/confirm";

    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        Form(app.MapPost("/sign-in", SignInAsync)).AllowAnonymous();
        Form(app.MapPost(CodePage, CodeAsync)).AllowAnonymous();
        Form(app.MapPost(ConfirmPage, ConfirmAsync), AccessFeature.FormLimit);
        Form(app.MapPost("/setup", SetUpAsync)).AllowAnonymous();
        Form(app.MapPost("/invitation", AcceptAsync)).AllowAnonymous();
        app.MapPost("/sign-out", SignOutAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
        app.MapGet("/sign-in/provider", AskProvider).AllowAnonymous().RequireRateLimiting(AccessFeature.SignInLimit).ExcludeFromDescription();
        app.MapGet("/api/v1/antiforgery", (HttpContext http, IAntiforgery antiforgery) =>
            TypedResults.Ok(new FormToken(antiforgery.GetAndStoreTokens(http).RequestToken))).ExcludeFromDescription();
    }

    /// <summary>Address of the sign-in page.</summary>
    public static string Page(string? error, string? returnUrl) => Page("/sign-in", error, returnUrl);

    // Checked by hand: the framework would answer 400 with an empty page where a plain "load it again" is due.
    private static RouteHandlerBuilder Form(RouteHandlerBuilder form, string limit = AccessFeature.SignInLimit) => form.RequireRateLimiting(limit).DisableAntiforgery().ExcludeFromDescription();

    private static string Page(string page, string? error, string? returnUrl) =>
        page + QueryString.Create(new Dictionary<string, string?> { ["error"] = error, ["returnUrl"] = returnUrl is null or "/" ? null : returnUrl }.Where(pair => pair.Value is not null));

    private static async Task<IResult> SignInAsync(
        HttpContext http, [FromForm] string? email, [FromForm] string? password, [FromForm] string? returnUrl, SignInCommands commands, IAntiforgery antiforgery, CancellationToken cancel)
    {
        if (await WhyNotAsync(http, antiforgery, "/sign-in", returnUrl) is { } answer)
            return answer;
        var outcome = await commands.SignInAsync(http, email, password, cancel);
        if (outcome.TryGet(out _, out var refusal))
            return Results.LocalRedirect(LocalPath.Of(returnUrl));
        return Results.LocalRedirect(refusal.Code == SignInCommands.CodeRequired ? Page(CodePage, null, LocalPath.Of(returnUrl)) : Page(refusal.Code, LocalPath.Of(returnUrl)));
    }

    private static async Task<IResult> CodeAsync(
        HttpContext http, [FromForm] string? code, [FromForm] string? returnUrl, SignInCommands commands, IAntiforgery antiforgery, CancellationToken cancel)
    {
        if (await WhyNotAsync(http, antiforgery, CodePage, returnUrl) is { } answer)
            return answer;
        var outcome = await commands.SignInWithCodeAsync(http, code, cancel);
        if (outcome.TryGet(out _, out var refusal))
            return Results.LocalRedirect(LocalPath.Of(returnUrl));
        return Results.LocalRedirect(Page(refusal.Code == "CodeRefused" ? CodePage : "/sign-in", refusal.Code, LocalPath.Of(returnUrl)));
    }

    private static async Task<IResult> ConfirmAsync(
        HttpContext http, [FromForm] string? password, [FromForm] string? code, [FromForm] string? returnUrl, SignInCommands commands, IAntiforgery antiforgery, CancellationToken cancel)
    {
        if (await WhyNotAsync(http, antiforgery, ConfirmPage, returnUrl) is { } answer)
            return answer;
        var outcome = await commands.ProveAsync(http.User, password, code, cancel);
        return Results.LocalRedirect(outcome.TryGet(out _, out var refusal) ? LocalPath.Of(returnUrl) : Page(ConfirmPage, refusal.Code, LocalPath.Of(returnUrl)));
    }

    private static IResult AskProvider(string? returnUrl, bool? fresh, IOptions<OpenIdOptions> provider) => provider.Value.IsOn
        ? Results.Challenge(OpenIdScheme.Ask(LocalPath.Of(returnUrl), fresh == true), [OpenIdScheme.Name])
        : Problems.From(new Refusal("NoProvider", "No identity provider is configured. Sign in with a password.", RefusalKind.NotFound));

    private static async Task<IResult> SignOutAsync(HttpContext http, [FromForm] string? returnUrl, SignInCommands commands, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
            return Results.LocalRedirect("/");
        await commands.SignOutAsync(http.User);
        return Results.LocalRedirect(Page(null, LocalPath.Of(returnUrl)));
    }

    private static async Task<IResult> SetUpAsync(
        HttpContext http, [FromForm] string? token, [FromForm] string? email, [FromForm] string? password, SignInCommands commands, IAntiforgery antiforgery, CancellationToken cancel)
    {
        var form = await Forms.OfAsync(http, antiforgery);
        if (form == FormState.Foreign)
            return Foreign();
        var outcome = form == FormState.Valid ? await commands.SetUpAsync(token, email, password, cancel) : Unsent(form);
        if (outcome.TryGet(out _, out var refusal))
            return Results.LocalRedirect("/");
        return refusal.Kind == RefusalKind.NotFound
            ? Problems.From(refusal)
            : Results.LocalRedirect("/setup" + QueryString.Create(new Dictionary<string, string?> { ["token"] = token, ["error"] = refusal.Code, ["message"] = refusal.Message }));
    }

    private static async Task<IResult> AcceptAsync(
        HttpContext http, [FromForm] string? email, [FromForm] string? token, [FromForm] string? password, Invitations invitations, IAntiforgery antiforgery, CancellationToken cancel)
    {
        var form = await Forms.OfAsync(http, antiforgery);
        if (form == FormState.Foreign)
            return Foreign();
        var outcome = form == FormState.Valid ? await invitations.AcceptAsync(email, token, password, cancel) : Unsent(form);
        return outcome.TryGet(out _, out var refusal)
            ? Results.LocalRedirect("/")
            : Results.LocalRedirect("/invitation" + QueryString.Create(new Dictionary<string, string?> { ["email"] = email, ["token"] = token, ["message"] = refusal.Message }));
    }

    private static async Task<IResult?> WhyNotAsync(HttpContext http, IAntiforgery antiforgery, string page, string? returnUrl) => await Forms.OfAsync(http, antiforgery) switch
    {
        FormState.Valid => null,
        FormState.Foreign => Foreign(),
        FormState.NeedsHttps => Results.LocalRedirect(Page(page, nameof(FormState.NeedsHttps), LocalPath.Of(returnUrl))),
        _ => Results.LocalRedirect(Page(page, "FormExpired", LocalPath.Of(returnUrl))),
    };

    private static Refusal Unsent(FormState form) => form == FormState.NeedsHttps
        ? new Refusal(nameof(FormState.NeedsHttps), "Over plain http from another machine the browser keeps no session. Open this page by https.", RefusalKind.Invalid)
        : new Refusal("FormExpired", "The form is out of date. Load the page again and repeat.", RefusalKind.Invalid);

    private static IResult Foreign() =>
        Problems.From(new Refusal("AntiforgeryRequired", "This form was sent by another site, so nothing was done. Open the page here and repeat.", RefusalKind.Invalid));

    private sealed record FormToken(string? Token)
    {
        public override string ToString() => "Form token";
    }
}

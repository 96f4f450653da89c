using ControlPlane.Data;
using ControlPlane.Data.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ControlPlane.Web.Features.Access;

/// <summary>The framework's OpenID Connect, present only when an authority is configured: code flow with PKCE, nonce and signed tokens.</summary>
internal static class OpenIdScheme
{
    public const string Name = "Provider";

    private const string Callback = "/sign-in/callback";

    /// <summary>No shared-secret algorithms: the client secret must not be able to sign.</summary>
    private static readonly string[] _algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public static void AddProvider(this IServiceCollection services)
    {
        services.AddChecked<OpenIdOptions, OpenIdOptionsValidator>(OpenIdOptions.Section);
        services.AddScoped<OpenIdSignIn>();
        services.AddTransient<OpenIdConnectHandler>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<OpenIdConnectOptions>, OpenIdConnectPostConfigureOptions>());
        services.AddOptions<OpenIdConnectOptions>(Name).Configure<IOptions<OpenIdOptions>, IOptions<AddressOptions>>(SetUp);
        services.AddOptions<AuthenticationOptions>().Configure<IOptions<OpenIdOptions>>((schemes, provider) =>
        {
            if (provider.Value.IsOn)
                schemes.AddScheme(Name, scheme => scheme.HandlerType = typeof(OpenIdConnectHandler));
        });
    }

    /// <param name="isFresh">Whoever has a session at the provider proves it again all the same.</param>
    public static AuthenticationProperties Ask(string returnUrl, bool isFresh) => isFresh
        ? new OpenIdConnectChallengeProperties { RedirectUri = returnUrl, Prompt = "login", MaxAge = TimeSpan.Zero }
        : new OpenIdConnectChallengeProperties { RedirectUri = returnUrl };

    private static void SetUp(OpenIdConnectOptions oidc, IOptions<OpenIdOptions> options, IOptions<AddressOptions> address)
    {
        var wanted = options.Value;
        oidc.Authority = wanted.Authority;
        oidc.RequireHttpsMetadata = wanted.Authority?.StartsWith("http://", StringComparison.OrdinalIgnoreCase) != true;
        (oidc.ClientId, oidc.ClientSecret) = (wanted.ClientId, wanted.ClientSecret);
        oidc.SignInScheme = IdentityConstants.ApplicationScheme;
        oidc.CallbackPath = Callback;
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        // Comes back as an ordinary navigation, so that cookies stay SameSite=Lax.
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        oidc.MapInboundClaims = false;
        oidc.ClaimActions.Clear();
        oidc.Scope.Add("email");
        foreach (var scope in wanted.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            oidc.Scope.Add(scope);
        oidc.TokenValidationParameters.ValidAlgorithms = _algorithms;
        oidc.ProtocolValidator.RequireNonce = true;
        foreach (var cookie in new[] { oidc.CorrelationCookie, oidc.NonceCookie })
        {
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = address.Value.IsHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        }

        oidc.Events.OnTokenValidated = DemandSignatureAsync;
        oidc.Events.OnTicketReceived = VouchedAsync;
        oidc.Events.OnRemoteFailure = FailedAsync;
    }

    /// <summary>The framework takes an unsigned token that comes straight from the provider, as the protocol allows; here it has to be signed all the same.</summary>
    private static Task DemandSignatureAsync(TokenValidatedContext context)
    {
        if (!_algorithms.Contains(context.SecurityToken.Header.Alg))
            context.Fail(new SecurityTokenInvalidAlgorithmException());
        return Task.CompletedTask;
    }

    /// <summary>Only now everything is checked, the nonce last.</summary>
    private static async Task VouchedAsync(TicketReceivedContext context)
    {
        var services = context.HttpContext.RequestServices;
        var commands = services.GetRequiredService<OpenIdSignIn>();
        var found = await commands.FindAsync(context.Principal!, context.HttpContext.RequestAborted);
        if (found.TryGet(out var person, out var refusal))
        {
            context.Principal = await services.GetRequiredService<PersonSessions>().PrincipalAsync(person, commands.ProvedAt(context.Principal!));
            return;
        }

        await RefuseAsync(context.HttpContext, refusal.Message);
        context.HandleResponse();
    }

    private static async Task FailedAsync(RemoteFailureContext context)
    {
        await RefuseAsync(context.HttpContext, context.Failure?.GetBaseException().GetType().Name);
        context.HandleResponse();
    }

    /// <summary>Whatever was wrong, the page says the same; the audit says what.</summary>
    private static async Task RefuseAsync(HttpContext http, string? why)
    {
        await using var db = await http.RequestServices.GetRequiredService<IDbContextFactory<ControlPlaneDb>>().CreateDbContextAsync(http.RequestAborted);
        await db.DenyAsync(new Actor("unknown", ActorKind.Person), "auth.failed", "provider", http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(), why, http.RequestAborted);
        http.Response.Redirect(SignInEndpoints.Page("ProviderRefused", null));
    }
}

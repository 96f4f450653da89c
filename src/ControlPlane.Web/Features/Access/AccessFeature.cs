using System.Threading.RateLimiting;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>People with cookies, machines with tokens; nothing is open to anybody unless it says so itself.</summary>
internal static class AccessFeature
{
    public const string SignInLimit = "sign-in";

    private const string AnyScheme = "CookieOrBearer";
    private const int AttemptsPerMinute = 20;
    private const int FailuresBeforeLockOut = 5;

    private static readonly TimeSpan _lockOut = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan _idle = TimeSpan.FromMinutes(60);

    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddChecked<BootstrapOptions, BootstrapOptionsValidator>(BootstrapOptions.Section);
        services.AddSingleton<IValidateOptions<BootstrapOptions>, BootstrapPairValidator>();
        services.AddSingleton<SetupLink>();
        services.AddSingleton<IFirstStart, FirstPeople>();
        services.AddHostedService<SetupAnnouncement>();
        services.AddScoped<SignInCommands>();
        services.AddScoped<TokenCommands>();
        services.AddPeople();
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.AddPolicy(SignInLimit, http => RateLimitPartition.GetFixedWindowLimiter(
                http.Connection.RemoteIpAddress?.ToString() ?? "local",
                _ => new FixedWindowRateLimiterOptions { PermitLimit = AttemptsPerMinute, Window = TimeSpan.FromMinutes(1) }));
        });
        return services;
    }

    public static void MapAccess(this IEndpointRouteBuilder app)
    {
        app.MapSignIn();
        app.MapTokens();
    }

    private static void AddPeople(this IServiceCollection services)
    {
        services.AddIdentityCore<Person>(identity =>
            {
                identity.User.RequireUniqueEmail = true;
                identity.Password = new PasswordOptions { RequiredLength = 12, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false };
                identity.Lockout = new LockoutOptions { MaxFailedAccessAttempts = FailuresBeforeLockOut, DefaultLockoutTimeSpan = _lockOut };
            })
            .AddEntityFrameworkStores<ControlPlaneDb>()
            .AddSignInManager()
            .AddClaimsPrincipalFactory<PersonClaims>();

        services.AddAuthentication(AnyScheme)
            .AddPolicyScheme(AnyScheme, null, scheme => scheme.ForwardDefaultSelector = SchemeOf)
            .AddScheme<AuthenticationSchemeOptions, BearerTokens>(BearerTokens.SchemeName, null)
            .AddCookie(IdentityConstants.ApplicationScheme);
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme).Configure<IOptions<AddressOptions>>(SetUpCookie);
        services.AddOptions<AntiforgeryOptions>().Configure<IOptions<AddressOptions>>((antiforgery, address) =>
        {
            antiforgery.HeaderName = CookieWrites.Header;
            antiforgery.Cookie.Name = address.Value.IsHttps ? "__Host-cp-form" : "cp-form";
            antiforgery.Cookie.SecurePolicy = address.Value.IsHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        });
    }

    private static string SchemeOf(HttpContext http) =>
        http.Request.Headers.Authorization.ToString().StartsWith(BearerTokens.Prefix, StringComparison.OrdinalIgnoreCase) ? BearerTokens.SchemeName : IdentityConstants.ApplicationScheme;

    private static void SetUpCookie(CookieAuthenticationOptions cookie, IOptions<AddressOptions> address)
    {
        cookie.Cookie.Name = address.Value.IsHttps ? "__Host-cp" : "cp-session";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = address.Value.IsHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        cookie.ExpireTimeSpan = _idle;
        cookie.SlidingExpiration = true;
        cookie.LoginPath = "/sign-in";
        cookie.Events.OnValidatePrincipal = SecurityStampValidator.ValidatePrincipalAsync;
        cookie.Events.OnRedirectToLogin = context => SignInPrompt.AnswerAsync(context, cookie.Cookie.Name!);
        cookie.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }
}

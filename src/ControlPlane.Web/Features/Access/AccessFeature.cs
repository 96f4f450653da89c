using System.Threading.RateLimiting;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>People with cookies, machines with tokens; nothing is open to anybody unless it says so itself.</summary>
internal static class AccessFeature
{
    public const string SignInLimit = "sign-in";

    /// <summary>For terminals that wait to be let in, and forms of who is signed in: wrong passwords are counted by the account.</summary>
    public const string FormLimit = "form";

    private const string AnyScheme = "CookieOrBearer";
    private const int AttemptsPerMinute = 20;
    private const int FormsPerMinute = 200;
    private const int FailuresBeforeLockOut = 5;

    /// <summary>Of PBKDF2 with HMAC-SHA-512; what was hashed with fewer is hashed again at the next sign-in.</summary>
    private const int HashIterations = 220_000;

    private static readonly TimeSpan _lockOut = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan _idle = TimeSpan.FromMinutes(60);

    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddChecked<BootstrapOptions, BootstrapOptionsValidator>(BootstrapOptions.Section);
        services.AddSingleton<IValidateOptions<BootstrapOptions>, BootstrapPairValidator>();
        services.AddSingleton<SetupLink>();
        services.AddSingleton<IFirstStart, FirstPeople>();
        services.AddHostedService<SetupAnnouncement>();
        services.AddScoped<SignInCommands>().AddScoped<PersonSessions>().AddScoped<SecondFactor>().AddSingleton<AccountCommands>().AddSingleton<DeviceSignIns>();
        services.AddScoped<TokenCommands>();
        services.AddScoped<PeopleCommands>();
        services.AddSingleton<PersonCookies>();
        services.AddSingleton<TokenChecks>().AddSingleton<TokenDenials>().AddSingleton<TokenUses>().AddHostedService(provider => provider.GetRequiredService<TokenUses>());
        services.AddSingleton<IInterceptor>(provider => new TokenChanges(new Lazy<TokenChecks>(() => provider.GetRequiredService<TokenChecks>())));
        services.AddScoped<AuthenticationStateProvider, PersonCircuits>();
        services.AddScoped<Invitations>();
        services.AddPeople();
        services.AddProvider();
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddRateLimiter(limits =>
        {
            limits.AddPolicy(SignInLimit, http => PerAddress(http, AttemptsPerMinute));
            limits.AddPolicy(FormLimit, http => PerAddress(http, FormsPerMinute));
        });
        return services;
    }

    private static RateLimitPartition<string> PerAddress(HttpContext http, int permits) => RateLimitPartition.GetFixedWindowLimiter(
        CallerLimits.AddressOf(http),
        _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1) });

    public static void MapAccess(this IEndpointRouteBuilder app)
    {
        app.MapSignIn();
        app.MapDevice();
        app.MapTokens();
        app.MapPeople();
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
            .AddPasswordValidator<PasswordCheck>()
            .AddTokenProvider<DataProtectorTokenProvider<Person>>(TokenOptions.DefaultProvider)
            .AddClaimsPrincipalFactory<PersonClaims>();

        services.Configure<DataProtectionTokenProviderOptions>(tokens => tokens.TokenLifespan = Invitations.Lifetime);
        services.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = HashIterations);
        services.AddAuthentication(AnyScheme)
            .AddPolicyScheme(AnyScheme, null, scheme => scheme.ForwardDefaultSelector = SchemeOf)
            .AddScheme<AuthenticationSchemeOptions, BearerTokens>(BearerTokens.SchemeName, null)
            .AddCookie(IdentityConstants.ApplicationScheme)
            .AddCookie(IdentityConstants.TwoFactorUserIdScheme);
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme).Configure<IOptions<AddressOptions>>(SetUpCookie);
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.TwoFactorUserIdScheme).Configure<IOptions<AddressOptions>>((cookie, address) =>
        {
            Guard(cookie, address.Value, "code");
            cookie.ExpireTimeSpan = HalfSession.Lifetime;
            cookie.SlidingExpiration = false;
        });
        services.AddOptions<AntiforgeryOptions>().Configure<IOptions<AddressOptions>>((antiforgery, address) =>
        {
            antiforgery.HeaderName = CookieWrites.Header;
            antiforgery.Cookie.Name = address.Value.IsHttps ? "__Host-cp-form" : "cp-form";
            antiforgery.Cookie.SecurePolicy = address.Value.IsHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        });
    }

    // While an error is answered the database may be what is missing, and the page for it is for everybody: no token is looked up then.
    private static string SchemeOf(HttpContext http) =>
        http.Features.Get<IExceptionHandlerPathFeature>() is null && http.Request.Headers.Authorization.ToString().StartsWith(BearerTokens.Prefix, StringComparison.OrdinalIgnoreCase)
            ? BearerTokens.SchemeName
            : IdentityConstants.ApplicationScheme;

    /// <summary>The prefix binds the cookie to this host and to https; an installation that is used on its own machine only has neither.</summary>
    private static void Guard(CookieAuthenticationOptions cookie, AddressOptions address, string name)
    {
        cookie.Cookie.Name = address.IsHttps ? $"__Host-cp-{name}" : $"cp-{name}";
        cookie.Cookie.Path = "/";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = address.IsHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
    }

    private static void SetUpCookie(CookieAuthenticationOptions cookie, IOptions<AddressOptions> address)
    {
        Guard(cookie, address.Value, "session");
        cookie.ExpireTimeSpan = _idle;
        cookie.SlidingExpiration = true;
        cookie.LoginPath = "/sign-in";
        cookie.Events.OnValidatePrincipal = PersonCookies.ValidateAsync;
        cookie.Events.OnRedirectToLogin = context => SignInPrompt.AnswerAsync(context, cookie.Cookie.Name!);
        cookie.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }
}

using System.Net;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Sign-in through an identity provider that speaks the protocol for real.</summary>
public sealed class OpenIdTests : IAsyncLifetime
{
    private const string Refused = "/sign-in?error=ProviderRefused";

    private IdentityProvider _provider = null!;
    private HostedControlPlane _hosted = null!;

    public async ValueTask InitializeAsync()
    {
        _provider = await IdentityProvider.StartAsync();
        _hosted = new HostedControlPlane(services => services.Configure<OpenIdOptions>(options =>
        {
            (options.Authority, options.ClientId, options.ClientSecret) = (_provider.Address, IdentityProvider.ClientId, "a secret of the client");
            options.Roles["ml-admins"] = "admin";
            options.Roles["ml-team"] = "engineer";
        }));
        await _hosted.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _hosted.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Who_is_vouched_for_gets_an_account_with_the_role_of_the_group_and_the_role_follows_the_groups()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        var first = await asked.GetAsync(await CallbackAsync(asked));
        var signedIn = await asked.GetWithCookiesAsync("/api/v1/users");
        _provider.Claims["groups"] = new[] { "ml-team", "others" };
        _provider.Claims["email"] = "renamed@northwind.example";
        await asked.GetAsync(await CallbackAsync(asked));

        Assert.Equal("/models", first.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, signedIn);
        await using var db = _hosted.Open();
        Assert.Equal("engineer", db.Users.Single(person => person.Email == "noor@northwind.example").Role);
        Assert.False(db.Users.Any(person => person.Email == "renamed@northwind.example"));
    }

    [Theory]
    [InlineData("iss", "https://evil.example"), InlineData("aud", "another-client"), InlineData("nonce", null), InlineData("nonce", "another"), InlineData("alg", "none"), InlineData("key", "forged"), InlineData("exp", 1L)]
    [InlineData("email_verified", false), InlineData("email_verified", null), InlineData("groups", null), InlineData("groups", "strangers"), InlineData("email", "admin@example.org")]
    public async Task H13_What_is_not_as_it_must_be_signs_nobody_in(string claim, object? value)
    {
        _provider.Algorithm = claim == "alg" ? "none" : "RS256";
        _provider.IsForged = claim == "key";
        _provider.Claims[claim] = value;
        using var asked = new AskedPage(_hosted, "/sign-in");

        var answer = await asked.GetAsync(await CallbackAsync(asked));

        Assert.Equal(Refused, answer.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, await asked.GetWithCookiesAsync("/api/v1/models"));
        await using var db = _hosted.Open();
        Assert.Empty(db.UserLogins);
        Assert.Equal(("auth.failed", "denied"), db.AuditEntries.Where(row => row.Target == "provider").Select(row => new ValueTuple<string, string>(row.Action, row.Outcome)).Single());
    }

    [Fact]
    public async Task H13_A_code_is_worth_nothing_the_second_time_or_in_another_browser()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        using var thief = new AskedPage(_hosted, "/sign-in");
        var callback = await CallbackAsync(asked);

        var stolen = await thief.GetAsync(callback);
        var first = await asked.GetAsync(callback);
        var again = await asked.GetAsync(callback);

        Assert.Equal(Refused, stolen.Headers.Location!.OriginalString);
        Assert.Equal("/models", first.Headers.Location!.OriginalString);
        Assert.Equal(Refused, again.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_disabled_account_stays_out_whatever_the_provider_says()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        await asked.GetAsync(await CallbackAsync(asked));
        await _hosted.As("admin").PostAsync("/api/v1/users/noor@northwind.example/disable", null);

        var after = await asked.GetAsync(await CallbackAsync(asked));

        Assert.Equal(Refused, after.Headers.Location!.OriginalString);
    }

    /// <summary>To the provider and back: the address with the code, not opened yet.</summary>
    private static async Task<string> CallbackAsync(AskedPage asked)
    {
        var challenge = await asked.GetAsync("/sign-in/provider?returnUrl=%2Fmodels");
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await browser.GetAsync(challenge.Headers.Location);
        return answer.Headers.Location!.PathAndQuery;
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Tests.Access;

/// <summary>What a session in a browser is and how it ends.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private const string Session = "cp-session";

    private readonly HostedControlPlane _hosted = new();

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Fact]
    public async Task H07_Signing_in_and_a_new_role_give_the_session_another_id()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        asked.Plant(Session, "put-there-by-somebody-else");
        await SignInAsync(asked);
        var first = Read(asked);
        await SignInAsync(asked);
        var second = Read(asked);

        await _hosted.As("admin").PutAsJsonAsync("/api/v1/users/viewer@example.org/role", new { role = "engineer" });
        await asked.GetAsync("/api/v1/models");
        var third = Read(asked);

        Assert.Equal(3, new[] { first, second, third }.Select(user => user.FindFirstValue(Actors.SessionClaim)).Where(id => id is { Length: 32 }).Distinct().Count());
        Assert.Equal("engineer", third.FindFirstValue(ClaimTypes.Role));
        Assert.Equal(second.ProvedAt(), third.ProvedAt());
    }

    [Fact]
    public async Task H08_An_open_page_of_a_disabled_person_is_nobodys_within_30_seconds()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        await SignInAsync(asked);
        await using var circuit = _hosted.Services.CreateAsyncScope();
        var state = (PersonCircuits)circuit.ServiceProvider.GetRequiredService<AuthenticationStateProvider>();
        var changed = new TaskCompletionSource<Task<AuthenticationState>>();
        state.AuthenticationStateChanged += now => changed.TrySetResult(now);
        state.SetAuthenticationState(Task.FromResult(new AuthenticationState(Read(asked))));
        changed = new();

        await _hosted.As("admin").PostAsync("/api/v1/users/viewer@example.org/disable", null);
        var after = await await changed.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.NotEqual(true, after.User.Identity?.IsAuthenticated);
    }

    [Fact]
    public async Task H10_On_https_the_cookies_are_bound_to_the_host_and_end_after_an_hour_without_use()
    {
        await using var https = new HostedControlPlane(services => services.Configure<AddressOptions>(address => address.PublicUrl = "https://localhost"));
        await https.InitializeAsync();
        using var asked = new AskedPage(https, "https://localhost/sign-in");

        var answer = await asked.PostAsync("https://localhost/sign-in", ("email", "viewer@example.org"), ("password", HostedControlPlane.Password));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(set => set.StartsWith("__Host-cp-session=", StringComparison.Ordinal));
        var options = https.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme);

        Assert.All(["; path=/", "; secure", "; samesite=lax", "; httponly"], flag => Assert.Contains(flag, cookie));
        Assert.DoesNotContain("domain=", cookie);
        Assert.Equal((TimeSpan.FromMinutes(60), true), (options.ExpireTimeSpan, options.SlidingExpiration));
    }

    [Fact]
    public async Task H10_A_session_ends_after_12_hours_however_busy_it_is()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        await SignInAsync(asked);
        var user = Read(asked);
        var now = TimeProvider.System.GetUtcNow();

        Assert.False(PersonSessions.IsOver(user, now.AddHours(11.9)));
        Assert.True(PersonSessions.IsOver(user, now.AddHours(12)));
        Assert.True(PersonSessions.IsOver(new ClaimsPrincipal(new ClaimsIdentity("any")), now));
    }

    [Theory]
    [InlineData("http://10.0.0.7:5080", true), InlineData("https://10.0.0.7", false), InlineData("http://localhost", false)]
    public async Task H10_Over_plain_http_from_another_machine_the_page_says_that_it_needs_https(string address, bool isSaid)
    {
        await using var open = new HostedControlPlane(services => services.PostConfigure<Microsoft.AspNetCore.HostFiltering.HostFilteringOptions>(hosts => hosts.AllowedHosts = ["*"]));
        await open.InitializeAsync();
        using var client = open.As("anon");

        var page = await client.GetStringAsync(new Uri(new Uri(address), "/sign-in"));
        var posted = await client.PostAsync(new Uri(new Uri(address), "/sign-in"), new FormUrlEncodedContent([KeyValuePair.Create("email", "viewer@example.org")]));

        Assert.Equal(isSaid, page.Contains("Signing in needs https from another machine", StringComparison.Ordinal));
        Assert.Equal(isSaid, posted.Headers.Location?.OriginalString.Contains("NeedsHttps", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("cross-site", HttpStatusCode.BadRequest), InlineData("same-origin", HttpStatusCode.Found)]
    public async Task H12_Another_site_cannot_sign_anybody_in(string site, HttpStatusCode status)
    {
        using var client = _hosted.As("anon");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("email", "viewer@example.org"), KeyValuePair.Create("password", HostedControlPlane.Password)]),
        };
        request.Headers.Add("Sec-Fetch-Site", site);

        var answer = await client.SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
        Assert.DoesNotContain(answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [], cookie => cookie.StartsWith(Session, StringComparison.Ordinal));
    }

    [Fact]
    public async Task H21_A_proof_is_as_old_as_the_last_password_and_confirming_renews_it()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        await SignInAsync(asked);
        var before = Read(asked);
        var session = await (await _hosted.As("anon").PostAsJsonAsync("/api/v1/session", new { email = "viewer@example.org", password = HostedControlPlane.Password })).JsonAsync();

        var wrong = await asked.PostFromAsync("/account/confirm", "/account/confirm", ("password", "not this one at all"), ("returnUrl", "/models"));
        var right = await asked.PostFromAsync("/account/confirm", "/account/confirm", ("password", HostedControlPlane.Password), ("returnUrl", "/models"));
        var after = Read(asked);

        Assert.StartsWith("/account/confirm?error=SignInFailed", wrong.Headers.Location!.OriginalString);
        Assert.Equal("/models", right.Headers.Location!.OriginalString);
        Assert.NotEqual(before.FindFirstValue(Actors.SessionClaim), after.FindFirstValue(Actors.SessionClaim));
        Assert.True(after.Actor().IsRecent(TimeProvider.System.GetUtcNow()));
        Assert.False(after.Actor().IsRecent(TimeProvider.System.GetUtcNow() + Actor.Recent + TimeSpan.FromSeconds(2)));
        Assert.NotNull(session.Text("token"));
        Assert.False(new Actor("viewer@example.org", ActorKind.Person).IsRecent(DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task H01_Where_somebody_exists_there_is_nothing_to_set_up()
    {
        using var asked = new AskedPage(_hosted, "/sign-in");

        var page = await asked.GetAsync("/setup?token=any");
        var posted = await asked.PostAsync("/setup", ("token", "any"), ("email", "me@evil.example"), ("password", "a password of mine"));

        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, posted.StatusCode);
    }

    private static Task<HttpResponseMessage> SignInAsync(AskedPage asked) => asked.PostFromAsync("/sign-in", "/sign-in", ("email", "viewer@example.org"), ("password", HostedControlPlane.Password));

    /// <summary>What stands in the cookie.</summary>
    private ClaimsPrincipal Read(AskedPage asked)
    {
        var options = _hosted.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme);
        return options.TicketDataFormat.Unprotect(asked.Cookie(Session))!.Principal;
    }
}

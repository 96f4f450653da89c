using System.Net;
using System.Net.Http.Json;
using ControlPlane.Data.Identity;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Accounts from the invitation to the end.</summary>
public sealed class PeopleTests : IAsyncLifetime
{
    private readonly HostedControlPlane _hosted = new();

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Fact]
    public async Task H09_A_role_taken_away_counts_at_the_next_command()
    {
        using var engineer = _hosted.As("engineer");
        var before = await engineer.PostAsJsonAsync("/api/v1/models", new { name = "before" });

        await AdminPutsAsync("engineer@example.org", "viewer");
        var after = await engineer.PostAsJsonAsync("/api/v1/models", new { name = "after" });

        Assert.Equal(HttpStatusCode.Created, before.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, after.StatusCode);
        Assert.Equal("Forbidden", await after.CodeAsync());
        Assert.Contains("you are viewer. An administrator can give it to you", (await after.JsonAsync()).Text("detail"));
        await using var db = _hosted.Open();
        Assert.Equal(["before"], db.Models.Select(model => model.Name));
        Assert.Equal("model/after", db.AuditEntries.Single(row => row.Outcome == "denied").Target);
    }

    [Fact]
    public async Task H31_The_last_administrator_can_neither_be_demoted_nor_disabled()
    {
        using var admin = _hosted.As("admin");

        var demoted = await admin.PutAsJsonAsync("/api/v1/users/admin@example.org/role", new { role = "releaser" });
        var disabled = await admin.PostAsync("/api/v1/users/admin@example.org/disable", null);
        await AdminPutsAsync("releaser@example.org", "admin");
        var withAnother = await admin.PostAsync("/api/v1/users/admin@example.org/disable", null);

        Assert.Equal((HttpStatusCode.Conflict, "LastAdmin"), (demoted.StatusCode, await demoted.CodeAsync()));
        Assert.Equal((HttpStatusCode.Conflict, "LastAdmin"), (disabled.StatusCode, await disabled.CodeAsync()));
        Assert.Equal(HttpStatusCode.NoContent, withAnother.StatusCode);
    }

    [Fact]
    public async Task H89_Sessions_and_tokens_of_a_disabled_person_are_refused_at_once()
    {
        using var admin = _hosted.As("admin");
        await AdminPutsAsync("releaser@example.org", "admin");

        (await admin.PostAsync("/api/v1/users/admin@example.org/disable", null)).EnsureSuccessStatusCode();
        var session = await admin.GetAsync("/api/v1/models");
        var madeToken = await _hosted.As("token").GetAsync("/api/v1/models");

        Assert.Equal(HttpStatusCode.Unauthorized, session.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, madeToken.StatusCode);
    }

    [Fact]
    public async Task A_token_is_never_more_than_who_made_it()
    {
        await AdminPutsAsync("releaser@example.org", "admin");
        await AdminPutsAsync("admin@example.org", "viewer");

        var answer = await _hosted.As("token").PostAsJsonAsync("/api/v1/models", new { name = "fraud" });

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task H14_An_invitation_makes_an_account_once()
    {
        var invited = await _hosted.As("admin").PostAsJsonAsync("/api/v1/users", new { email = "new@example.org", role = "engineer" });
        var query = QueryHelpers.ParseQuery(new Uri((await invited.JsonAsync()).Text("link")!).Query);
        using var asked = new AskedPage(_hosted, $"/invitation?email=new@example.org&token={Uri.EscapeDataString(query["token"]!)}");

        var first = await asked.PostAsync("/invitation", ("email", "new@example.org"), ("token", query["token"]!), ("password", "a password of mine"));
        using var stranger = new AskedPage(_hosted, "/invitation");
        var again = await stranger.PostAsync("/invitation", ("email", "new@example.org"), ("token", query["token"]!), ("password", "a password of hers"));
        var other = await stranger.PostAsync("/invitation", ("email", "viewer@example.org"), ("token", query["token"]!), ("password", "a password of hers"));
        var session = await _hosted.As("anon").PostAsJsonAsync("/api/v1/session", new { email = "new@example.org", password = "a password of mine" });

        Assert.Equal("/", first.Headers.Location!.OriginalString);
        Assert.Contains("This%20invitation%20is%20not%20valid", again.Headers.Location!.OriginalString);
        Assert.Contains("This%20invitation%20is%20not%20valid", other.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, session.StatusCode);
        await using var db = _hosted.Open();
        Assert.Equal("engineer", await db.Users.Where(person => person.Email == "new@example.org").Select(person => person.Role).SingleAsync());
    }

    [Fact]
    public async Task Who_has_not_used_the_invitation_cannot_sign_in_and_a_new_one_voids_the_old()
    {
        using var admin = _hosted.As("admin");
        var old = QueryHelpers.ParseQuery(new Uri((await (await admin.PostAsJsonAsync("/api/v1/users", new { email = "new@example.org", role = "viewer" })).JsonAsync()).Text("link")!).Query);
        await admin.PostAsJsonAsync("/api/v1/users", new { email = "new@example.org", role = "viewer" });
        using var asked = new AskedPage(_hosted, "/invitation");

        var used = await asked.PostAsync("/invitation", ("email", "new@example.org"), ("token", old["token"]!), ("password", "a password of mine"));
        var session = await _hosted.As("anon").PostAsJsonAsync("/api/v1/session", new { email = "new@example.org", password = "" });

        Assert.Contains("not%20valid", used.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, session.StatusCode);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task H08_A_copied_cookie_is_worth_nothing_after_signing_out_or_when_disabled(bool signsOut)
    {
        using var asked = new AskedPage(_hosted, "/sign-in");
        await asked.PostAsync("/sign-in", ("email", "viewer@example.org"), ("password", HostedControlPlane.Password));
        var before = await asked.GetWithCookiesAsync("/api/v1/models");

        if (signsOut)
            await asked.PostFromAsync("/account", "/sign-out");
        else
            await _hosted.As("admin").PostAsync("/api/v1/users/viewer@example.org/disable", null);
        var after = await asked.GetWithCopiedCookiesAsync("/api/v1/models");

        Assert.Equal(HttpStatusCode.OK, before);
        Assert.Equal(HttpStatusCode.Unauthorized, after);
    }

    [Fact]
    public async Task H06_A_password_is_hashed_with_220_000_rounds_and_an_older_hash_is_renewed_at_sign_in()
    {
        await using var scope = _hosted.Services.CreateAsyncScope();
        var weak = new PasswordHasher<Person>(Microsoft.Extensions.Options.Options.Create(new PasswordHasherOptions { IterationCount = 100_000 }));
        await using var db = _hosted.Open();
        var person = db.Users.Single(known => known.Email == "viewer@example.org");
        var fresh = Rounds(person.PasswordHash!);
        person.PasswordHash = weak.HashPassword(person, HostedControlPlane.Password);
        await db.SaveChangesAsync();

        await _hosted.As("anon").PostAsJsonAsync("/api/v1/session", new { email = "viewer@example.org", password = HostedControlPlane.Password });

        Assert.Equal(220_000, fresh);
        Assert.Equal(220_000, Rounds(await db.Users.Where(known => known.Email == "viewer@example.org").Select(known => known.PasswordHash!).SingleAsync()));
    }

    [Theory]
    [InlineData("/register"), InlineData("/api/users/create"), InlineData("/api/v1/register"), InlineData("/Identity/Account/Register")]
    public async Task H03_Nobody_registers(string path)
    {
        var stranger = await _hosted.As("anon").PostAsJsonAsync(path, new { email = "me@evil.example", password = "correct horse battery" });
        var admin = await _hosted.As("admin").PostAsJsonAsync(path, new { email = "me@evil.example", password = "correct horse battery" });

        Assert.False(stranger.IsSuccessStatusCode);
        Assert.False(admin.IsSuccessStatusCode);
        await using var db = _hosted.Open();
        Assert.Equal(HostedControlPlane.Callers.Intersect(["viewer", "engineer", "releaser", "admin"]).Count(), await db.Users.CountAsync());
    }

    [Theory]
    [InlineData("""{"name":"m","createdBy":"me"}"""), InlineData("""{"name":"m","isAdmin":true}"""), InlineData("""{"name":"m","stamp":7}"""), InlineData("""{"name":"m","role":"admin"}""")]
    public async Task H24_A_member_that_is_not_asked_for_is_refused(string body)
    {
        await _hosted.SettledAsync();
        var before = await _hosted.SnapshotAsync();

        var answer = await _hosted.As("admin").PostAsync("/api/v1/models", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(before, await _hosted.SnapshotAsync());
    }

    /// <summary>Format 1 of the identity library: a byte, the function, the rounds, each of these in four bytes, most significant first.</summary>
    private static int Rounds(string hash) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Convert.FromBase64String(hash).AsSpan(5, 4));

    private async Task AdminPutsAsync(string email, string role) =>
        (await _hosted.As("admin").PutAsJsonAsync($"/api/v1/users/{email}/role", new { role })).EnsureSuccessStatusCode();
}

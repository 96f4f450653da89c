using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Reflection;
using System.Runtime.CompilerServices;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Tokens of scripts: which are good, what is kept of them, and how soon an end is one.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private readonly HostedControlPlane _hosted = new();

    public static TheoryData<string, string> Bad => new()
    {
        { "guessed", "unknown" }, { "truncated", "malformed" }, { "mistyped", "malformed" }, { "expired", "expired" }, { "revoked", "revoked" }, { "of a disabled person", "disabled" }, { "of another kind", "unknown" },
    };

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Theory, MemberData(nameof(Bad))]
    public async Task H89_A_token_that_is_not_good_gets_401_and_one_row_with_its_public_id_only(string what, string reason)
    {
        var (token, id) = await BadAsync(what);

        var answers = new List<HttpStatusCode>();
        for (var time = 0; time < 3; time++)
            answers.Add(await AskAsync(token));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Unauthorized, answer));
        await using var db = _hosted.Open();
        var row = await db.AuditEntries.SingleAsync(row => row.Action == "token.denied");
        Assert.Equal((id is null ? "token" : $"token/{id}", "denied"), (row.Target, row.Outcome));
        Assert.Contains(reason, row.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(token[4..20], $"{row.Reason} {row.Actor} {row.Target} {row.After}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task H89_A_token_does_only_what_its_role_may()
    {
        var viewer = await MadeAsync("reader", "viewer");

        using var answer = await SendAsync(viewer.Token, HttpMethod.Post, "/api/v1/models", new { name = "m" });

        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden"), (answer.StatusCode, await answer.CodeAsync()));
    }

    [Fact]
    public async Task H90_Of_a_token_its_hash_is_kept_it_ends_within_a_year_is_shown_once_and_says_when_it_was_used()
    {
        var made = await MadeAsync("ci", "engineer");
        using var admin = _hosted.As("admin");
        using var tooLong = await admin.PostAsJsonAsync("/api/v1/tokens", new { name = "x", role = "viewer", expiresAt = DateTimeOffset.UtcNow.AddDays(366) });
        using var endless = await admin.PostAsJsonAsync("/api/v1/tokens", new { name = "x", role = "viewer" });
        var before = await RowAsync(made.Id);

        await AskAsync(made.Token);
        await _hosted.Services.GetRequiredService<TokenUses>().WriteAsync(CancellationToken.None);
        var after = await RowAsync(made.Id);

        Assert.True(Token.IsWellFormed(made.Token, Token.Person));
        Assert.False(before.TryGetProperty("lastUsedAt", out _));
        Assert.InRange(after.GetProperty("lastUsedAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal(HttpStatusCode.BadRequest, tooLong.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, endless.StatusCode);
        Assert.DoesNotContain(made.Token, await _hosted.SnapshotAsync(), StringComparison.Ordinal);
        Assert.Contains(Token.HashOf(made.Token), await _hosted.SnapshotAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(made.Token, after.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("revoked"), InlineData("maker disabled"), InlineData("maker demoted")]
    public async Task What_is_remembered_of_a_token_ends_with_the_change_itself(string what)
    {
        using var admin = _hosted.As("admin");
        (await admin.PutAsJsonAsync("/api/v1/users/releaser@example.org/role", new { role = "admin" })).EnsureSuccessStatusCode();
        using var maker = _hosted.As("releaser");
        using var made = await maker.PostAsJsonAsync("/api/v1/tokens", new { name = "ci", role = "engineer", expiresAt = DateTimeOffset.UtcNow.AddDays(1) });
        var token = await made.JsonAsync();
        var before = await AskAsync(token.Text("token")!);

        using var changed = what switch
        {
            "revoked" => await admin.DeleteAsync($"/api/v1/tokens/{token.Text("id")}"),
            "maker disabled" => await admin.PostAsync("/api/v1/users/releaser@example.org/disable", null),
            _ => await admin.PutAsJsonAsync("/api/v1/users/releaser@example.org/role", new { role = "viewer" }),
        };
        using var after = await SendAsync(token.Text("token")!, HttpMethod.Post, "/api/v1/models", new { name = "m" });

        Assert.Equal(HttpStatusCode.OK, before);
        Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        Assert.Equal(what == "maker demoted" ? HttpStatusCode.Forbidden : HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task What_another_control_plane_revokes_ends_here_within_five_seconds()
    {
        var made = await MadeAsync("ci", "engineer");
        var before = await AskAsync(made.Token);
        await using (var db = _hosted.Open())
        {
            // Past this process: as another one would.
            var id = new TokenId(made.Id);
            await db.ApiTokens.Where(token => token.Id == id).ExecuteUpdateAsync(set => set.SetProperty(token => token.RevokedAt, DateTimeOffset.UtcNow));
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Testing.Eventually.TrueAsync(async () => await AskAsync(made.Token) == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(30), "refused");

        Assert.Equal(HttpStatusCode.OK, before);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.InRange(TokenChecks.Remembered, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void H92_What_holds_a_secret_does_not_print_it()
    {
        const string Secret = "canary-that-nobody-may-print";
        var holders = new[] { typeof(TokenCommands).Assembly, typeof(JoinRequest).Assembly, typeof(Actor).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false } && type.GetMethod("<Clone>$") is not null)
            .SelectMany(type => type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Where(IsSecret).Select(property => (type, property)))
            .ToList();

        Assert.Contains(holders, holder => holder.type == typeof(JoinResponse));
        Assert.All(holders, holder =>
        {
            var value = RuntimeHelpers.GetUninitializedObject(holder.type);
            holder.type.GetField($"<{holder.property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(value, Secret);
            Assert.DoesNotContain(Secret, value.ToString(), StringComparison.Ordinal);
        });
    }

    private static bool IsSecret(PropertyInfo property) => property.PropertyType == typeof(string) && property.Name is "Token" or "JoinToken" or "Credential" or "Password" or "ApiToken" or "AdminPassword" or "Secret";

    private async Task<(string Token, Guid Id)> MadeAsync(string name, string role)
    {
        using var admin = _hosted.As("admin");
        using var made = await admin.PostAsJsonAsync("/api/v1/tokens", new { name, role, expiresAt = DateTimeOffset.UtcNow.AddDays(365).AddMinutes(-1) });
        var token = await made.JsonAsync();
        return (token.Text("token")!, token.GetProperty("id").GetGuid());
    }

    private async Task<System.Text.Json.JsonElement> RowAsync(Guid id)
    {
        using var admin = _hosted.As("admin");
        using var listed = await admin.GetAsync("/api/v1/tokens");
        return (await listed.JsonAsync()).GetProperty("items").EnumerateArray().Single(row => row.GetProperty("id").GetGuid() == id).Clone();
    }

    private async Task<(string Token, string? Id)> BadAsync(string what)
    {
        if (what == "guessed")
            return (Token.New(Token.Person), null);
        if (what == "of another kind")
            return (Token.New(Token.Join), null);
        var made = await MadeAsync("ci", "engineer");
        if (what == "truncated")
            return (made.Token[..^5], null);
        if (what == "mistyped")
            return (made.Token[..^1] + (made.Token[^1] == 'x' ? 'y' : 'x'), null);
        await using var db = _hosted.Open();
        var id = new TokenId(made.Id);
        var token = await db.ApiTokens.SingleAsync(row => row.Id == id);
        if (what == "revoked")
            token.RevokedAt = DateTimeOffset.UtcNow;
        if (what == "expired")
            db.Entry(token).Property(row => row.ExpiresAt).CurrentValue = DateTimeOffset.UtcNow.AddSeconds(-1);
        if (what == "of a disabled person")
            (await db.Users.SingleAsync(person => person.Email == "admin@example.org")).DisabledAt = DateTimeOffset.UtcNow;
        await db.SaveChangesAsync();
        return (made.Token, made.Id.ToString());
    }

    private async Task<HttpStatusCode> AskAsync(string token)
    {
        using var answer = await SendAsync(token, HttpMethod.Get, "/api/v1/models");
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(string token, HttpMethod method, string path, object? body = null)
    {
        using var client = _hosted.As("anon");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await client.SendAsync(new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) });
    }
}

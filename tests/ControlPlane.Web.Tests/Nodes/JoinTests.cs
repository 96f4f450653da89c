using System.Net;
using System.Net.Http.Json;
using ControlPlane.Domain.Audit;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Tests.Nodes;

/// <summary>Who gets in as a node, and what a join token is worth elsewhere.</summary>
public sealed class JoinTests : IAsyncLifetime
{
    private readonly HostedControlPlane _hosted = new();

    public static TheoryData<string, string> Bad => new()
    {
        { "none", "unknown join token" },
        { "made up", "unknown join token" },
        { "mistyped", "unknown join token" },
        { "expired", "expired" },
        { "used up", "used up" },
        { "revoked", "revoked" },
        { "other environment", "for environment staging" },
        { "other pool", "for pool fast" },
    };

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Theory, MemberData(nameof(Bad))]
    public async Task H58_A_join_token_that_is_not_good_gets_401_changes_nothing_and_leaves_one_row_in_the_audit(string what, string reason)
    {
        var token = await BadTokenAsync(what);
        await _hosted.SettledAsync();
        var before = await _hosted.SnapshotAsync();
        await using var db = _hosted.Open();
        var last = await db.AuditEntries.MaxAsync(row => (long?)row.Id) ?? 0;

        using var answer = token is null
            ? await _hosted.AskToJoinAsync(new { name = "stranger" })
            : await _hosted.AskToJoinAsync(new { joinToken = token, name = "stranger", environment = "production", pool = "default" });

        Assert.Equal((HttpStatusCode.Unauthorized, "JoinTokenInvalid"), (answer.StatusCode, await answer.CodeAsync()));
        Assert.Equal(before, await _hosted.SnapshotAsync());
        var row = Assert.Single(db.AuditEntries.Where(row => row.Id > last));
        Assert.Equal(("anon", "node.join.denied", "node/stranger", "denied"), (row.Actor, row.Action, row.Target, row.Outcome));
        Assert.Contains(reason, row.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(token ?? "cpj_", row.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H58_The_answer_does_not_say_what_is_wrong_with_a_token()
    {
        var details = new HashSet<string?>();
        foreach (var (what, _) in Bad.Select(row => row.Data))
        {
            using var answer = await _hosted.AskToJoinAsync(new { joinToken = await BadTokenAsync(what) ?? "", name = "stranger", environment = "production", pool = "default" });
            details.Add((await answer.JsonAsync()).Text("detail"));
        }

        Assert.Single(details);
    }

    [Fact]
    public async Task H58_A_thousand_guesses_are_told_to_wait_and_whoever_has_joined_is_not_affected()
    {
        var credential = await _hosted.JoinAsync("early");

        var answers = new List<HttpStatusCode>();
        for (var guess = 0; guess < 1_000; guess++)
        {
            using var answer = await _hosted.AskToJoinAsync(new { joinToken = Token.New(Token.Join), name = "stranger" });
            answers.Add(answer.StatusCode);
        }

        using var late = await _hosted.AskToJoinAsync(new { joinToken = Token.New(Token.Join), name = "stranger" });
        using var known = await _hosted.AskAsync(credential, "/node/v1/peers");
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], answers.Distinct());
        Assert.InRange(answers.Count(answer => answer == HttpStatusCode.Unauthorized), 1, 240);
        Assert.Equal("60", late.Headers.GetValues("Retry-After").Single());
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
    }

    [Fact]
    public async Task H59_A_join_token_is_for_a_few_nodes_of_one_environment_and_pool_and_for_a_day_at_the_longest()
    {
        using var admin = _hosted.As("admin");
        var answers = new Dictionary<string, HttpStatusCode>();
        foreach (var (name, body) in new (string, object)[]
                 {
                     ("for two days", new { environment = "staging", expiresInMinutes = 2880 }), ("for no time", new { environment = "staging", expiresInMinutes = 0 }),
                     ("for all", new { environment = "staging", uses = 1_000_000 }), ("for nobody", new { environment = "staging", uses = 0 }), ("for nowhere", new { environment = "none" }),
                     ("for a day", new { environment = "staging", pool = "fast", uses = 2, expiresInMinutes = 1440 }),
                 })
        {
            answers[name] = (await admin.PostAsJsonAsync("/api/v1/nodes/join-tokens", body)).StatusCode;
        }

        var token = await _hosted.JoinTokenAsync("staging", "fast", uses: 2);
        var joined = await (await _hosted.AskToJoinAsync(new { joinToken = token, name = "a" })).JsonAsync();
        await _hosted.AskToJoinAsync(new { joinToken = token, name = "b" });
        using var third = await _hosted.AskToJoinAsync(new { joinToken = token, name = "c" });

        Assert.Equal(
            [HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.Created], answers.Values);
        Assert.Equal(("staging", "fast"), (joined.Text("environment"), joined.Text("pool")));
        Assert.Equal(HttpStatusCode.Unauthorized, third.StatusCode);
        await using var db = _hosted.Open();
        Assert.DoesNotContain(token, await _hosted.SnapshotAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/node/v1/state"), InlineData("/node/v1/peers"), InlineData("/hubs/nodes"), InlineData("/api/v1/nodes"), InlineData("/api/v1/nodes/join-tokens"), InlineData("/metrics"), InlineData("/")]
    public async Task H59_A_join_token_opens_nothing_but_joining(string path)
    {
        var token = await _hosted.JoinTokenAsync();

        using var answer = await _hosted.AskAsync(token, path);

        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.Unauthorized, HttpStatusCode.Found });
    }

    [Fact]
    public async Task H59_Open_join_tokens_are_listed_without_their_secret_and_can_be_revoked()
    {
        var token = await _hosted.JoinTokenAsync("staging", "fast", uses: 3);
        using var admin = _hosted.As("admin");

        using var listed = await admin.GetAsync("/api/v1/nodes/join-tokens");
        var row = Assert.Single((await listed.JsonAsync()).GetProperty("items").EnumerateArray());
        using var revoked = await admin.DeleteAsync($"/api/v1/nodes/join-tokens/{row.Text("id")}");
        using var late = await _hosted.AskToJoinAsync(new { joinToken = token, name = "late" });
        using var after = await admin.GetAsync("/api/v1/nodes/join-tokens");

        Assert.Equal(("staging", "fast", 3), (row.Text("environment"), row.Text("pool"), row.GetProperty("usesLeft").GetInt32()));
        Assert.DoesNotContain(token, await listed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, late.StatusCode);
        Assert.Empty((await after.JsonAsync()).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task H59_A_token_for_staging_does_not_take_a_node_of_production_over()
    {
        var credential = await _hosted.JoinAsync("worker");

        using var answer = await _hosted.AskToJoinAsync(new { joinToken = await _hosted.JoinTokenAsync("staging"), name = "worker" });
        using var still = await _hosted.AskAsync(credential, "/node/v1/peers");

        Assert.Equal((HttpStatusCode.Conflict, "NameTaken"), (answer.StatusCode, await answer.CodeAsync()));
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [Fact]
    public async Task H61_A_revoked_node_comes_back_with_a_token_that_was_made_since_and_with_no_other()
    {
        var token = await _hosted.JoinTokenAsync(uses: 5);
        using var joined = await _hosted.AskToJoinAsync(new { joinToken = token, name = "worker" });
        (await _hosted.As("admin").PostAsync("/api/v1/nodes/worker/revoke", null)).EnsureSuccessStatusCode();

        using var old = await _hosted.AskToJoinAsync(new { joinToken = token, name = "worker" });
        using var fresh = await _hosted.AskToJoinAsync(new { joinToken = await _hosted.JoinTokenAsync(), name = "worker" });

        Assert.Equal(HttpStatusCode.OK, joined.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, old.StatusCode);
        Assert.Equal(HttpStatusCode.OK, fresh.StatusCode);
    }

    private async Task<string?> BadTokenAsync(string what)
    {
        if (what == "none")
            return null;
        if (what == "made up")
            return Token.New(Token.Join);
        var token = await _hosted.JoinTokenAsync(what == "other environment" ? "staging" : "production", what == "other pool" ? "fast" : "default");
        if (what == "mistyped")
            return token[..^1] + (token[^1] == 'x' ? 'y' : 'x');
        var hash = Token.HashOf(token);
        await using var db = _hosted.Open();
        var row = await db.JoinTokens.SingleAsync(known => known.Hash == hash);
        if (what == "used up")
            row.UsesLeft = 0;
        if (what == "revoked")
            row.RevokedAt = DateTimeOffset.UtcNow;
        if (what == "expired")
            db.Entry(row).Property(known => known.ExpiresAt).CurrentValue = DateTimeOffset.UtcNow.AddSeconds(-1);
        await db.SaveChangesAsync();
        return token;
    }
}

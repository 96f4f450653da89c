using System.Net;
using System.Net.Http.Json;
using ControlPlane.Web.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Testing.Databases;

namespace ControlPlane.Web.Tests.Rollouts;

/// <summary>Nobody alone brings anything into a protected environment.</summary>
public abstract class FourEyesTests : IAsyncLifetime
{
    private Site _site = null!;

    public async ValueTask InitializeAsync()
    {
        var hosted = await HostAsync();
        await hosted.InitializeAsync();
        _site = new Site(hosted);
        await _site.MakeAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _site.Hosted.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task H17_H18_H20_Whoever_has_a_hand_in_the_plan_does_not_approve_it_administrator_or_not()
    {
        var byReleaser = await _site.AwaitingAsync(await _site.EndpointAsync(), "releaser");
        var byAdmin = await _site.AwaitingAsync(await _site.EndpointAsync(), "admin");
        var byToken = await _site.AwaitingAsync(await _site.EndpointAsync(), "token");
        var edited = await _site.AwaitingAsync(await _site.EndpointAsync(), "engineer");
        Assert.Equal(HttpStatusCode.OK, (await _site.EditAsync(edited, "releaser", "2")).StatusCode);
        await _site.DidAsync(edited, "submit", "engineer");

        // The token belongs to the administrator.
        foreach (var (id, approver) in new[] { (byReleaser, "releaser"), (byAdmin, "admin"), (byToken, "admin"), (edited, "releaser") })
        {
            var answer = await _site.ActAsync(id, "approve", approver);

            Assert.Equal((HttpStatusCode.Forbidden, "SelfApproval"), (answer.StatusCode, await answer.CodeAsync()));
            Assert.Equal("AwaitingApproval", await _site.StateAsync(id));
        }

        await using var db = _site.Hosted.Open();
        Assert.Empty(db.Approvals);
        var denials = await db.AuditEntries.Where(row => row.Outcome == "denied").OrderBy(row => row.Id).Select(row => new { row.Action, row.Target, row.Reason }).ToListAsync();
        Assert.Equal([$"rollout/{byReleaser}", $"rollout/{byAdmin}", $"rollout/{byToken}", $"rollout/{edited}"], denials.Select(row => row.Target));
        Assert.All(denials, row => Assert.Equal(("approval.denied", "SelfApproval"), (row.Action, row.Reason)));
    }

    [Fact]
    public async Task H19_F84_What_is_edited_after_the_approval_does_not_start()
    {
        var id = await _site.AwaitingAsync(await _site.EndpointAsync());
        await _site.DidAsync(id, "approve", "releaser");
        Assert.Equal("Ready", await _site.StateAsync(id));

        Assert.Equal(HttpStatusCode.OK, (await _site.EditAsync(id, "engineer", "2")).StatusCode);
        var started = await _site.ActAsync(id, "start", "releaser");

        Assert.Equal((HttpStatusCode.Conflict, "ApprovalStale"), (started.StatusCode, await started.CodeAsync()));
        var rollout = await _site.GetAsync(id);
        Assert.Equal("AwaitingApproval", rollout.Text("state"));
        Assert.True(rollout.GetProperty("approvals")[0].GetProperty("isVoid").GetBoolean());
        await _site.DidAsync(id, "approve", "releaser");
        await _site.DidAsync(id, "start", "releaser");
    }

    [Fact]
    public async Task H21_A_machine_or_an_old_session_approves_nothing()
    {
        var id = await _site.AwaitingAsync(await _site.EndpointAsync());
        using var old = await _site.SessionAsync("releaser", TimeSpan.FromMinutes(16));
        using var fresh = await _site.SessionAsync("releaser", TimeSpan.FromMinutes(14));

        var byToken = await _site.ActAsync(id, "approve", "token");
        var byNode = await _site.ActAsync(id, "approve", "node");
        var byOld = await Site.ActAsync(id, "approve", old);

        Assert.Equal((HttpStatusCode.Forbidden, "InteractiveApprovalRequired"), (byToken.StatusCode, await byToken.CodeAsync()));
        Assert.Equal(HttpStatusCode.Unauthorized, byNode.StatusCode);
        Assert.Equal((HttpStatusCode.Forbidden, "InteractiveApprovalRequired"), (byOld.StatusCode, await byOld.CodeAsync()));
        Assert.Equal("AwaitingApproval", await _site.StateAsync(id));
        Assert.Equal(HttpStatusCode.OK, (await Site.ActAsync(id, "approve", fresh)).StatusCode);
    }

    [Fact]
    public async Task H22_An_approval_is_worth_nothing_once_its_giver_may_not_approve_any_more()
    {
        var id = await _site.AwaitingAsync(await _site.EndpointAsync());
        await _site.DidAsync(id, "approve", "releaser");
        using var admin = _site.Hosted.As("admin");
        (await admin.PutAsJsonAsync("/api/v1/users/releaser@example.org/role", new { role = "engineer" })).EnsureSuccessStatusCode();

        var started = await _site.ActAsync(id, "start", "admin");

        Assert.Equal((HttpStatusCode.Conflict, "ApproverNoLongerEntitled"), (started.StatusCode, await started.CodeAsync()));
        Assert.Equal("Ready", await _site.StateAsync(id));
    }

    [Fact]
    public async Task H23_An_approval_holds_for_one_plan_of_one_attempt_of_one_rollout()
    {
        var endpoint = await _site.EndpointAsync();
        var (one, other) = (await _site.AwaitingAsync(endpoint, version: "1"), await _site.AwaitingAsync(endpoint, version: "2"));
        var seen = (await _site.GetAsync(one)).Text("planHash");

        var replayed = await _site.ActAsync(other, "approve", "releaser", new { planHash = seen });
        await _site.DidAsync(one, "approve", "releaser", new { planHash = seen });
        await _site.DidAsync(one, "abort", "releaser");
        await _site.DidAsync(one, "retry", "engineer");
        var early = await _site.ActAsync(one, "start", "releaser");
        await _site.DidAsync(one, "submit", "engineer");
        var again = await _site.ActAsync(one, "start", "releaser");

        Assert.Equal((HttpStatusCode.Conflict, "ApprovalStale"), (replayed.StatusCode, await replayed.CodeAsync()));
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (early.StatusCode, again.StatusCode));
        Assert.Equal(("AwaitingApproval", "AwaitingApproval"), (await _site.StateAsync(one), await _site.StateAsync(other)));
    }

    [Fact]
    public async Task H27_F15_Of_two_who_approve_or_start_at_once_one_does()
    {
        var id = await _site.AwaitingAsync(await _site.EndpointAsync());

        var approvals = await Task.WhenAll(_site.ActAsync(id, "approve", "releaser"), _site.ActAsync(id, "approve", "admin"));
        var starts = await Task.WhenAll(Enumerable.Range(0, 6).Select(at => _site.ActAsync(id, "start", at % 2 == 0 ? "releaser" : "admin")));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], approvals.Select(answer => answer.StatusCode).Order());
        Assert.Single(starts, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(5, starts.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        var rollout = await _site.GetAsync(id);
        Assert.Equal(1, rollout.GetProperty("approvals").GetArrayLength());
        Assert.Equal(["submit", "approve", "start"], rollout.GetProperty("decisions").EnumerateArray().Select(row => row.Text("action")));
    }

    [Fact]
    public async Task F16_Of_an_approval_and_an_abort_at_the_same_instant_one_order_is_chosen_and_both_can_be_read()
    {
        var id = await _site.AwaitingAsync(await _site.EndpointAsync());

        var answers = await Task.WhenAll(_site.ActAsync(id, "approve", "releaser"), _site.ActAsync(id, "abort", "admin"));

        Assert.Equal(HttpStatusCode.OK, answers[1].StatusCode);
        Assert.Contains(answers[0].StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.Conflict });
        Assert.Equal("Aborted", await _site.StateAsync(id));
        await using var db = _site.Hosted.Open();
        var rows = await db.AuditEntries.Where(row => row.Target == $"rollout/{id}").Select(row => row.Action).ToListAsync();
        Assert.Contains("rollout.approve", rows);
        Assert.Contains("rollout.abort", rows);
    }

    [Fact]
    public async Task H28_Alone_in_an_emergency_with_the_right_and_a_reason()
    {
        var id = await _site.AwaitingAsync(await _site.EndpointAsync(), "admin");

        var without = await _site.ActAsync(id, "approve", "admin", new { breakGlass = true });
        var unentitled = await _site.ActAsync(id, "approve", "releaser", new { breakGlass = true, reason = "night" });
        var machine = await _site.ActAsync(id, "approve", "token", new { breakGlass = true, reason = "night" });
        Assert.Equal("AwaitingApproval", await _site.StateAsync(id));
        await _site.DidAsync(id, "approve", "admin", new { breakGlass = true, reason = "v1 charges twice" });
        await _site.DidAsync(id, "start", "admin");

        Assert.Equal((HttpStatusCode.BadRequest, "reason"), (without.StatusCode, (await without.JsonAsync()).Text("field")));
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (unentitled.StatusCode, machine.StatusCode));
        await using var db = _site.Hosted.Open();
        Assert.Equal("v1 charges twice", Assert.Single(db.AuditEntries, row => row.Action == "rollout.breakGlass").Reason);
    }

    [Fact]
    public async Task H30_Stopping_and_going_back_wait_for_nobody()
    {
        var endpoint = await _site.EndpointAsync();
        var underWay = await _site.AwaitingAsync(endpoint);
        await _site.DidAsync(underWay, "approve", "releaser");
        await _site.DidAsync(underWay, "start", "releaser");
        for (var i = 0; i < 30; i++)
            await _site.AwaitingAsync(endpoint, "engineer", "2");
        var flood = Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _site.EditAsync(underWay, "engineer", "3")));
        var began = System.Diagnostics.Stopwatch.GetTimestamp();

        await _site.DidAsync(underWay, "pause", "releaser");
        await _site.DidAsync(underWay, "abort", "releaser");

        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.All(await flood, answer => Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode));
    }

    [Fact]
    public async Task F81_A_second_rollout_waits_or_takes_the_place_of_the_first_by_name()
    {
        var endpoint = await _site.EndpointAsync(Site.Open);
        var (first, second) = (await _site.DraftAsync(endpoint, "releaser", "1"), await _site.DraftAsync(endpoint, "releaser", "2"));
        await _site.DidAsync(first, "submit", "releaser");
        await _site.DidAsync(first, "start", "releaser");
        await _site.DidAsync(second, "submit", "releaser");

        var refused = await _site.ActAsync(second, "start", "releaser");
        var superseded = await _site.ActAsync(first, "supersede", "releaser", new { by = int.Parse(second), reason = "v1 was the wrong file" });

        Assert.Equal((HttpStatusCode.Conflict, "AnotherRolloutUnderWay"), (refused.StatusCode, await refused.CodeAsync()));
        Assert.Contains($"#{first}", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(second, (await superseded.JsonAsync()).Text("id"));
        Assert.Equal(("Superseded", "Progressing"), (await _site.StateAsync(first), await _site.StateAsync(second)));
    }

    [Fact]
    public async Task A_deployment_to_a_protected_environment_waits_for_another_person_and_then_starts_by_itself()
    {
        var endpoint = await _site.EndpointAsync();
        using var engineer = _site.Hosted.As("engineer");
        using var releaser = _site.Hosted.As("releaser");

        var asked = await (await engineer.PostAsJsonAsync($"{endpoint}/deploy", new { model = "fraud", version = "1" })).JsonAsync();
        var id = asked.GetProperty("rollout").Text("id")!;
        var own = await (await releaser.PostAsJsonAsync($"{endpoint}/deploy", new { model = "fraud", version = "2" })).JsonAsync();
        await _site.DidAsync(id, "approve", "releaser");

        Assert.Equal("AwaitingApproval", asked.GetProperty("rollout").Text("state"));
        Assert.Equal("Progressing", await _site.StateAsync(id));
        Assert.Equal("AwaitingApproval", await _site.StateAsync(own.GetProperty("rollout").Text("id")!));
        Assert.Equal(["submit", "approve", "start"], (await _site.GetAsync(id)).GetProperty("decisions").EnumerateArray().Select(row => row.Text("action")));
    }

    [Fact]
    public async Task Rejecting_hands_the_plan_back_with_the_reason_and_only_a_draft_can_be_deleted()
    {
        var id = await _site.AwaitingAsync(await _site.EndpointAsync());

        var early = await _site.Hosted.As("engineer").DeleteAsync($"/api/v1/rollouts/{id}");
        await _site.DidAsync(id, "reject", "releaser", new { reason = "No golden samples" });
        var state = await _site.StateAsync(id);
        var deleted = await _site.Hosted.As("engineer").DeleteAsync($"/api/v1/rollouts/{id}");

        Assert.Equal((HttpStatusCode.Conflict, "Draft", HttpStatusCode.OK), (early.StatusCode, state, deleted.StatusCode));
        Assert.Equal(HttpStatusCode.NotFound, (await _site.Hosted.As("viewer").GetAsync($"/api/v1/rollouts/{id}")).StatusCode);
    }

    [Fact]
    public async Task Protection_is_switched_on_by_any_administrator_and_off_only_by_a_person_who_proves_it()
    {
        using var old = await _site.SessionAsync("admin", TimeSpan.FromHours(1));
        using var fresh = await _site.SessionAsync("admin", TimeSpan.FromMinutes(1));

        var byToken = await _site.Hosted.As("token").PatchAsJsonAsync($"/api/v1/environments/{Site.Guarded}", new { @protected = false });
        var byOld = await old.PatchAsJsonAsync($"/api/v1/environments/{Site.Guarded}", new { @protected = false });
        var still = await old.GetStringAsync("/api/v1/environments");
        var off = await fresh.PatchAsJsonAsync($"/api/v1/environments/{Site.Guarded}", new { @protected = false });
        var on = await _site.Hosted.As("token").PatchAsJsonAsync($"/api/v1/environments/{Site.Guarded}", new { @protected = true });

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (byToken.StatusCode, byOld.StatusCode));
        Assert.Contains($"{{\"name\":\"{Site.Guarded}\",\"protected\":true", still, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (off.StatusCode, on.StatusCode));
    }

    [Fact]
    public async Task What_was_planned_before_the_environment_was_protected_does_not_start_without_approval()
    {
        var endpoint = await _site.EndpointAsync(Site.Open);
        var id = await _site.DraftAsync(endpoint, "releaser");
        await _site.DidAsync(id, "submit", "releaser");
        using var admin = _site.Hosted.As("admin");
        (await admin.PatchAsJsonAsync($"/api/v1/environments/{Site.Open}", new { @protected = true })).EnsureSuccessStatusCode();

        var started = await _site.ActAsync(id, "start", "releaser");

        Assert.Equal(HttpStatusCode.Conflict, started.StatusCode);
        Assert.Equal("Ready", await _site.StateAsync(id));
    }

    [Fact]
    public async Task H31_Of_two_administrators_who_demote_each_other_at_once_one_stays()
    {
        using var admin = _site.Hosted.As("admin");
        (await admin.PutAsJsonAsync("/api/v1/users/releaser@example.org/role", new { role = "admin" })).EnsureSuccessStatusCode();
        using var other = await _site.SessionAsync("releaser", TimeSpan.FromMinutes(1));

        var answers = await Task.WhenAll(
            admin.PutAsJsonAsync("/api/v1/users/releaser@example.org/role", new { role = "viewer" }), other.PutAsJsonAsync("/api/v1/users/admin@example.org/role", new { role = "viewer" }));

        await using var db = _site.Hosted.Open();
        Assert.Single(db.Users, person => person.Role == "admin");
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
    }

    private protected abstract Task<HostedControlPlane> HostAsync();
}

public sealed class FourEyesOnSqlite : FourEyesTests
{
    private protected override Task<HostedControlPlane> HostAsync() => Task.FromResult(new HostedControlPlane());
}

public sealed class FourEyesOnPostgreSql(FourEyesOnPostgreSql.Server server) : FourEyesTests, IClassFixture<FourEyesOnPostgreSql.Server>
{
    private protected override Task<HostedControlPlane> HostAsync() => Task.FromResult(new HostedControlPlane(_ => { }, server.Next()));

    /// <summary>One server, a database for each test.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private PostgresServer? _server;
        private int _databases;

        public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

        public string Next() => _server!.ConnectionString($"four_eyes_{Interlocked.Increment(ref _databases)}");

        public async ValueTask DisposeAsync()
        {
            Npgsql.NpgsqlConnection.ClearAllPools();
            if (_server is not null)
                await _server.DisposeAsync();
        }
    }
}

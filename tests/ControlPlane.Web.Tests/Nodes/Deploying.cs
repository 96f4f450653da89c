using System.Net;
using System.Net.Http.Json;
using ControlPlane.Web.Tests.Kit;
using Serving.Contracts.State;
using Testing;

namespace ControlPlane.Web.Tests.Nodes;

public sealed class Deploying(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private readonly ControlPlaneProcess _plane = shared.Plane;

    [Fact]
    public async Task A_rollback_takes_one_revision_and_names_who_acknowledged()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "back", 3);
        var first = await fleet.ServeAsync("1");
        var second = await fleet.ServeAsync("2");
        var before = (await fleet.EndpointAsync()).GetProperty("revision").GetInt64();

        var answer = await _plane.Client.PostAsJsonAsync($"{fleet.Path}/rollback?wait=10s", new { });
        var body = await answer.JsonAsync();

        Assert.NotEqual(first, second);
        Assert.Equal(before + 1, body.GetProperty("revision").GetInt64());
        Assert.Equal(first, body.GetProperty("release").Text("id"));
        Assert.Equal(["back-0", "back-1", "back-2"], body.GetProperty("acknowledged").EnumerateArray().Select(name => name.GetString()));
        Assert.Empty(body.GetProperty("pending").EnumerateArray());
        Assert.All(fleet.Nodes, node => Assert.Equal(first, fleet.ServedBy(node)));
    }

    [Fact]
    public async Task An_alias_that_moves_reaches_the_nodes_in_one_revision_and_switches_nothing()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "aliased", 2);
        var first = await fleet.ServeAsync("1");
        await fleet.ServeAsync("2");
        var before = (await fleet.EndpointAsync()).GetProperty("revision").GetInt64();

        (await _plane.Client.PutAsJsonAsync("/api/v1/models/aliased/aliases/champion", new { version = "1" })).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(() => fleet.Nodes.All(node => node.Applied?.Releases[first].Aliases is ["champion"]), SimulatedFleet.Longest, "the alias is at the nodes");
        var moved = (await fleet.EndpointAsync()).GetProperty("revision").GetInt64();
        (await _plane.Client.DeleteAsync("/api/v1/models/aliased/aliases/champion")).EnsureSuccessStatusCode();

        Assert.Equal(before + 1, moved);
        await Eventually.TrueAsync(() => fleet.Nodes.All(node => node.Applied?.Releases[first].Aliases is null), SimulatedFleet.Longest, "the alias has left the nodes");
        Assert.NotEqual(first, fleet.ServedBy(fleet.Nodes[0]));
    }

    [Fact]
    public async Task The_setting_of_a_cache_reaches_the_nodes_and_one_out_of_range_is_refused()
    {
        await using var fleet = await SimulatedFleet.JoinedAsync(_plane, "keeping", 1);
        var endpoints = $"/api/v1/environments/{SimulatedFleet.Environment}/endpoints";

        var made = await _plane.Client.PostAsJsonAsync(endpoints, new { name = "keeping", pool = "keeping", cache = new { maxBytes = 1_048_576, lifetime = "30s" } });
        var refused = await _plane.Client.PostAsJsonAsync(endpoints, new { name = "keeping-2", pool = "keeping", cache = new { lifetime = "soon" } });

        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("30s", (await made.JsonAsync()).GetProperty("cache").Text("lifetime"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        await Eventually.TrueAsync(
            () => fleet.Nodes[0].Applied?.Endpoints.SingleOrDefault(endpoint => endpoint.Name == "keeping")?.Cache == new CacheState(1 << 20, "30s"), SimulatedFleet.Longest, "the setting is at the node");
    }

    [Fact]
    public async Task Traffic_moves_only_after_every_node_holds_the_release()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "refused", 2);
        var first = await fleet.ServeAsync("1");
        var second = await _plane.Client.PostAsJsonAsync("/api/v1/releases", new { model = "refused@2" });
        fleet.Nodes[1].CannotLoad = (await second.JsonAsync()).Text("id");

        var started = await fleet.DeployAsync("2", "?wait=1s");
        var paused = await fleet.RolloutAsync(started.GetProperty("rollout").Text("id")!, rollout => rollout.Text("state") == "Paused");

        Assert.Contains("refused-1: LoadFailed", paused.Text("reason"));
        Assert.All(fleet.Nodes, node => Assert.Equal(first, fleet.ServedBy(node)));
    }

    [Fact]
    public async Task F29_Who_looked_at_an_older_state_is_told_so_and_nothing_changes()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "stale", 1);
        var seen = (await _plane.Client.GetAsync(fleet.Path)).Headers.ETag!;
        var first = await fleet.ServeAsync("1");
        var request = new HttpRequestMessage(HttpMethod.Post, $"{fleet.Path}/deploy") { Content = JsonContent.Create(new { model = "stale", version = "2" }) };
        request.Headers.IfMatch.Add(seen);

        var answer = await _plane.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode);
        Assert.Equal(first, (await fleet.EndpointAsync()).GetProperty("arms")[0].Text("release"));
    }

    [Fact]
    public async Task F38_Nodes_that_get_no_push_converge_by_asking()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "deaf", 2);
        await fleet.ServeAsync("1");
        foreach (var node in fleet.Nodes)
            node.LosesPushes = true;

        var started = await fleet.DeployAsync("2", "");
        await Eventually.TrueAsync(async () =>
        {
            foreach (var node in fleet.Nodes)
                await node.PollAsync();
            return fleet.Nodes.All(node => fleet.ServedBy(node) == started.GetProperty("release").Text("id"));
        }, SimulatedFleet.Longest, "converged by asking");
        await fleet.RolloutAsync(started.GetProperty("rollout").Text("id")!, rollout => rollout.Text("state") == "Completed");

        Assert.All(fleet.Nodes, node => Assert.Equal(node.AppliedRevisions.Distinct().Order(), node.AppliedRevisions));
        await Eventually.TrueAsync(async () => await fleet.Nodes[0].PollAsync() == HttpStatusCode.NotModified, SimulatedFleet.Longest, "nothing is newer");
    }

    [Fact]
    public async Task A_node_that_joins_late_gets_the_state_at_once()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "late", 1);
        var release = await fleet.ServeAsync("1");

        var late = await fleet.JoinAsync("late-comer");

        await Eventually.TrueAsync(() => fleet.ServedBy(late) == release, SimulatedFleet.Longest, "the late node serves");
    }

    [Fact]
    public async Task History_says_what_served_at_a_time()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "history", 1);
        var first = await fleet.ServeAsync("1");
        var between = TimeProvider.System.GetUtcNow();
        var second = await fleet.ServeAsync("2");

        var then = await (await _plane.Client.GetAsync($"{fleet.Path}/history?at={Uri.EscapeDataString(between.ToString("O"))}")).JsonAsync();
        var now = await (await _plane.Client.GetAsync($"{fleet.Path}/history")).JsonAsync();

        Assert.Equal(first, then.GetProperty("arms")[0].Text("release"));
        Assert.Equal(second, now.GetProperty("arms")[0].Text("release"));
    }

    [Fact]
    public async Task The_same_content_is_the_same_release()
    {
        await _plane.CreateModelAsync("content");
        await _plane.UploadAsync("content", Testing.Models.TinyModel.Add(5));
        await _plane.ValidatedAsync("content", "1");

        var one = await _plane.Client.PostAsJsonAsync("/api/v1/releases", new { model = "content", version = "1" });
        var other = await _plane.Client.PostAsJsonAsync("/api/v1/releases", new { model = "content", version = "1" });

        Assert.Equal(HttpStatusCode.Created, one.StatusCode);
        Assert.Equal((await one.JsonAsync()).Text("id"), (await other.JsonAsync()).Text("id"));
    }
}

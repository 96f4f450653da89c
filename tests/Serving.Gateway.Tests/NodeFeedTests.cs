using System.Diagnostics;
using Serving.Contracts.Joining;
using Testing;

namespace Serving.Gateway.Tests;

public sealed class NodeFeedTests : IAsyncDisposable
{
    private readonly GatewayProcess _gateway = new();
    private readonly NodeFake _a = NodeFake.StartAsync("a").GetAwaiter().GetResult();
    private readonly NodeFake _b = NodeFake.StartAsync("b").GetAwaiter().GetResult();

    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(20);

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Joins_as_a_gateway_and_serves_the_nodes_it_is_told()
    {
        await using var plane = await ControlPlaneFake.StartAsync();
        plane.Peers = GatewayProcess.ListOf(1, _a);
        await _gateway.StartAsync(Settings(plane));

        await Eventually.GetAsync(_gateway.AskAsync, answer => answer == "a", _soon, "node a answers");

        var join = Assert.Single(plane.Joins);
        Assert.Equal((JoinRequest.Gateway, _gateway.Address), (join.Kind, join.Address));
        await Eventually.TrueAsync(() => plane.Reports.Any(report => report.Address == _gateway.Address), _soon, "it reports");
    }

    [Fact]
    public async Task Takes_a_pushed_list_at_once()
    {
        await using var plane = await ControlPlaneFake.StartAsync();
        plane.Peers = GatewayProcess.ListOf(1, _a);
        await _gateway.StartAsync(Settings(plane, ("Gateway__PollInterval", "00:05:00")));
        await Eventually.TrueAsync(() => plane.Connections == 1, _soon, "hub is connected");
        await Eventually.GetAsync(_gateway.AskAsync, answer => answer == "a", _soon, "node a answers");

        await plane.PushAsync(GatewayProcess.ListOf(2, _b));

        await Eventually.GetAsync(_gateway.AskAsync, answer => answer == "b", _soon, "node b answers");
    }

    [Fact]
    public async Task F10_Starts_from_disk_within_seconds_when_the_control_plane_is_away()
    {
        _gateway.Remember(_a, _b);
        var watch = Stopwatch.StartNew();

        await _gateway.StartAsync(new Dictionary<string, string?> { ["Gateway__ControlPlaneUrl"] = "http://127.0.0.1:1", ["Gateway__JoinToken"] = ControlPlaneFake.JoinToken });
        var answer = await _gateway.AskAsync();

        Assert.Contains(answer, new[] { "a", "b" });
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task F10_Starts_from_disk_within_seconds_when_the_control_plane_accepts_and_hangs()
    {
        await using var plane = await ControlPlaneFake.StartAsync();
        plane.Hangs = true;
        _gateway.Remember(_a);
        var watch = Stopwatch.StartNew();

        await _gateway.StartAsync(Settings(plane));
        var answer = await _gateway.AskAsync();
        var took = watch.Elapsed;

        Assert.Equal("a", answer);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_stale_list_with_a_dead_node_in_it_fails_no_request()
    {
        _gateway.Remember(_a, _b);
        await _a.DisposeAsync();
        await _gateway.StartAsync(new Dictionary<string, string?>());

        var answers = new List<string>();
        for (var i = 0; i < 20; i++)
            answers.Add(await _gateway.AskAsync());

        Assert.All(answers, answer => Assert.Equal("b", answer));
    }

    [Fact]
    public async Task An_empty_list_does_not_take_well_nodes_away_and_the_file_stays()
    {
        await using var plane = await ControlPlaneFake.StartAsync();
        plane.Peers = GatewayProcess.ListOf(1, _a);
        await _gateway.StartAsync(Settings(plane));
        await Eventually.GetAsync(_gateway.AskAsync, answer => answer == "a", _soon, "node a answers");

        plane.Peers = GatewayProcess.ListOf(2);
        await Eventually.TrueAsync(() => _gateway.Process.Output.Contains("Refused an empty node list", StringComparison.Ordinal), _soon, "empty list arrives");

        Assert.Equal("a", await _gateway.AskAsync());
        Assert.Contains(_a.Peer.Address, await File.ReadAllTextAsync(_gateway.NodeListFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_another_environment_is_refused()
    {
        await using var plane = await ControlPlaneFake.StartAsync();
        plane.Peers = GatewayProcess.ListOf(1, _a);
        await _gateway.StartAsync(Settings(plane));
        await Eventually.GetAsync(_gateway.AskAsync, answer => answer == "a", _soon, "node a answers");

        plane.Peers = new PeerList("staging", 2, [_b.Peer]);
        await Eventually.TrueAsync(() => _gateway.Process.Output.Contains("of environment staging", StringComparison.Ordinal), _soon, "other list arrives");

        Assert.Equal("a", await _gateway.AskAsync());
    }

    [Fact]
    public async Task Joins_again_when_its_credential_is_no_longer_known()
    {
        await using var plane = await ControlPlaneFake.StartAsync();
        plane.Peers = GatewayProcess.ListOf(1, _a);
        await _gateway.StartAsync(Settings(plane));
        await Eventually.GetAsync(_gateway.AskAsync, answer => answer == "a", _soon, "node a answers");

        plane.Credential = "cpn_two";
        plane.Peers = GatewayProcess.ListOf(2, _b);

        await Eventually.GetAsync(_gateway.AskAsync, answer => answer == "b", _soon, "node b answers");
        Assert.Equal(2, plane.Joins.Count);
    }

    [Fact]
    public async Task Is_ready_only_with_a_node_that_is()
    {
        _a.IsReady = false;
        await _gateway.StartAsync(_a);

        Assert.Equal(503, await ReadyAsync());
        _a.IsReady = true;
        await Eventually.GetAsync(ReadyAsync, status => status == 200, _soon, "gateway is ready");
    }

    [Theory]
    [InlineData("Gateway__HealthInterval", "-00:00:01")]
    [InlineData("Gateway__Url", "ftp://x")]
    [InlineData("Gateway__RetryBodyLimit", "-1")]
    [InlineData("Gateway__Name", "no spaces")]
    public async Task Wrong_options_end_the_start_and_are_named(string key, string value)
    {
        var process = _gateway.Launch(new Dictionary<string, string?> { [key] = value });

        Assert.NotEqual(0, await process.WaitForExitAsync(_soon));
        await Eventually.TrueAsync(() => process.Output.Contains(key.Split("__")[1], StringComparison.Ordinal), TimeSpan.FromSeconds(5), "the option is named");
    }

    private async Task<int> ReadyAsync() => (int)(await _gateway.Client.GetAsync(_gateway.Address + "/healthz/ready")).StatusCode;

    private static Dictionary<string, string?> Settings(ControlPlaneFake plane, params (string Key, string Value)[] more)
    {
        var settings = new Dictionary<string, string?> { ["Gateway__ControlPlaneUrl"] = plane.Address, ["Gateway__JoinToken"] = ControlPlaneFake.JoinToken };
        foreach (var (key, value) in more)
            settings[key] = value;
        return settings;
    }
}

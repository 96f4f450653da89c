using System.Text;
using System.Text.Json;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Serving.Contracts;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Testing;

namespace ControlPlane.Web.Tests.Nodes;

/// <summary>A node that has joined and means harm.</summary>
public sealed class HostileNodes(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private const string Release = "rel-0000000000000000000000000000000000000000000000000000000000000000";

    private readonly ControlPlaneProcess _plane = shared.Plane;

    public static TheoryData<string, string> Impossible => new()
    {
        { "nan", """[{"nodeSession":"s","seq":1,"at":"NOW","series":[{"endpoint":"e","release":"r","arm":"stable","requests":1,"prediction":{"count":1,"mean":NaN,"m2":0}}]}]""" },
        { "negative", """[{"nodeSession":"s","seq":1,"at":"NOW","series":[{"endpoint":"e","release":"r","arm":"stable","requests":-5}]}]""" },
        { "uncountable", """[{"nodeSession":"s","seq":1,"at":"NOW","series":[{"endpoint":"e","release":"r","arm":"stable","requests":9000000000000}]}]""" },
        { "long-ago", """[{"nodeSession":"s","seq":1,"at":"1970-01-01T00:00:00Z","series":[]}]""" },
        { "in-a-century", """[{"nodeSession":"s","seq":1,"at":"2100-01-01T00:00:00Z","series":[]}]""" },
        { "nothing", "[null]" },
        { "no-series", """[{"nodeSession":"s","seq":1,"at":"NOW","series":[null]}]""" },
        { "no-json", "[{" },
        { "long-label", $$"""[{"nodeSession":"s","seq":1,"at":"NOW","series":[{"endpoint":"{{new string('e', 100_000)}}","release":"r","arm":"stable","requests":1}]}]""" },
        { "many-series", $$"""[{"nodeSession":"s","seq":1,"at":"NOW","series":[{{string.Join(',', Enumerable.Repeat("""{"endpoint":"e","release":"r","arm":"stable","requests":1}""", 20_000))}}]}]""" },
        { "many-frames", $$"""[{{string.Join(',', Enumerable.Repeat("""{"nodeSession":"s","seq":1,"at":"NOW","series":[]}""", 1_000))}}]""" },
    };

    [Theory, MemberData(nameof(Impossible))]
    public async Task H64_What_cannot_have_been_measured_is_refused_as_a_whole(string what, string frames)
    {
        await using var fleet = await SimulatedFleet.JoinedAsync(_plane, $"hostile-{what}", 1);
        var now = DateTimeOffset.UtcNow.ToString("O");

        var refused = await Assert.ThrowsAsync<HubException>(() => fleet.Nodes[0].InvokeAsync("Frames", Encoding.UTF8.GetBytes(frames.Replace("NOW", now, StringComparison.Ordinal))));
        var audit = await AuditAsync($"hostile-{what}-0");

        Assert.DoesNotContain("Exception", refused.Message.Replace("HubException", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(1, audit);
        Assert.Equal(HubConnectionState.Connected, fleet.Nodes[0].Connection);
    }

    [Fact]
    public async Task H62_H64_Measurements_of_an_endpoint_that_is_not_its_own_count_nowhere_and_hide_nobody_elses()
    {
        await using var honest = await SimulatedFleet.StartAsync(_plane, "honest", 1);
        await using var liar = await SimulatedFleet.JoinedAsync(_plane, "liar", 1);
        var release = await honest.ServeAsync("1");
        var at = DateTimeOffset.UtcNow;
        Frame Of(string session, long seq, long requests, long errors, string of) =>
            new(session, seq, at, [new FrameSeries { Endpoint = "honest", Release = of, Arm = ArmState.Stable, Requests = requests, Errors = errors }]);

        await honest.Nodes[0].SendFramesAsync(Of("h", 1, 10, 10, release));
        var foreign = await Assert.ThrowsAsync<HubException>(() => liar.Nodes[0].SendFramesAsync(Of("l", 1, 1_000_000, 0, release)));
        // A million names of its own making fill no table that others need: sixteen are looked up for each message, and none is kept.
        var madeUp = await Assert.ThrowsAsync<HubException>(() => honest.Nodes[0].SendFramesAsync([.. Enumerable.Range(2, 50).Select(seq => Of("h", seq, 1, 0, $"rel-{seq:x64}"))]));
        await honest.Nodes[0].SendFramesAsync(Of("h", 99, 5, 0, release));

        Assert.Contains("NotAssigned", foreign.Message, StringComparison.Ordinal);
        Assert.Contains("NotAssigned", madeUp.Message, StringComparison.Ordinal);
        var metrics = await _plane.Client.GetStringAsync("/metrics");
        Assert.Contains($"controlplane_endpoint_requests_total{{environment=\"production\",endpoint=\"honest\",release=\"{release}\",arm=\"stable\"}} 15\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(Release[..10], metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H64_A_message_of_ten_megabytes_ends_the_connection_and_nothing_else()
    {
        await using var fleet = await SimulatedFleet.JoinedAsync(_plane, "huge", 2);

        await Assert.ThrowsAnyAsync<Exception>(() => fleet.Nodes[0].InvokeAsync("Frames", new byte[10 << 20]));

        await Eventually.TrueAsync(() => fleet.Nodes[0].Connection == HubConnectionState.Disconnected, SimulatedFleet.Longest, "the connection is ended");
        Assert.Equal(HubConnectionState.Connected, fleet.Nodes[1].Connection);
        Assert.False(_plane.Process.HasExited);
    }

    [Fact]
    public async Task H64_A_flood_of_messages_ends_the_connection_and_leaves_one_row_in_the_audit()
    {
        await using var fleet = await SimulatedFleet.JoinedAsync(_plane, "flood", 2);
        var nothing = JsonSerializer.SerializeToUtf8Bytes(Array.Empty<Frame>(), ContractsJson.Default.FrameArray);

        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(async _ =>
        {
            try
            {
                await fleet.Nodes[0].InvokeAsync("Frames", nothing);
            }
            catch (Exception ended) when (ended is not Xunit.Sdk.XunitException)
            {
                // The connection is gone: what the test is about.
            }
        }));

        await Eventually.TrueAsync(() => fleet.Nodes[0].Connection == HubConnectionState.Disconnected, SimulatedFleet.Longest, "the connection is ended");
        Assert.Equal(HubConnectionState.Connected, fleet.Nodes[1].Connection);
        Assert.Equal(1, await AuditAsync("flood-0"));
    }

    [Fact]
    public async Task H62_A_revision_from_the_future_acknowledges_nothing_is_shown_and_goes_with_the_node()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "future", 1);
        await fleet.ServeAsync("1");
        var liar = await fleet.JoinAsync("future-liar");
        var convergence = await (await _plane.Client.GetAsync("/api/v1/environments/production/convergence")).JsonAsync();
        var (timeline, desired) = (convergence.Text("timelineId"), convergence.GetProperty("desiredRevision").GetInt64());

        await liar.InvokeAsync("Report", JsonSerializer.SerializeToUtf8Bytes(
            new Report { NodeSession = "l", Clock = DateTimeOffset.UtcNow, TimelineId = timeline, AppliedRevision = desired + 7 }, ContractsJson.Default.Report));
        var shown = await (await _plane.Client.GetAsync("/api/v1/environments/production/convergence")).JsonAsync();
        (await _plane.Client.PostAsync("/api/v1/nodes/future-liar/revoke", null)).EnsureSuccessStatusCode();
        var release = await fleet.ServeAsync("2");

        Assert.Contains("RevisionRegression", shown.GetProperty("conditions").EnumerateArray().Select(condition => condition.GetString()));
        Assert.Equal(release, fleet.ServedBy(fleet.Nodes[0]));
    }

    private async Task<int> AuditAsync(string node)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"DataSource={Path.Combine(_plane.Data, "controlplane.db")};Mode=ReadOnly");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM AuditEntries WHERE Action = 'node.denied' AND Actor = $node";
        command.Parameters.AddWithValue("$node", node);
        return Convert.ToInt32(await command.ExecuteScalarAsync());
    }
}

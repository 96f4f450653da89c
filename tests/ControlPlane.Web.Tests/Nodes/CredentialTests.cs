using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Web.Tests.Nodes;

/// <summary>A node's credential: one process, one at a time, in the header only, and the way to the next.</summary>
public sealed class CredentialTests
{
    [Fact]
    public async Task H60_Two_processes_with_one_credential_are_seen_and_a_restart_is_not_taken_for_one()
    {
        await using var hosted = new Hosted();
        var credential = await hosted.Plane.JoinAsync("worker");

        foreach (var session in (string[])["first", "first", "restarted", "restarted"])
            (await hosted.Plane.AskAsync(credential, "/node/v1/peers", session: session)).EnsureSuccessStatusCode();
        var afterRestart = await SecondSessionAsync(hosted.Plane);
        (await hosted.Plane.AskAsync(credential, "/node/v1/peers", session: "copy")).EnsureSuccessStatusCode();
        (await hosted.Plane.AskAsync(credential, "/node/v1/peers", session: "restarted")).EnsureSuccessStatusCode();
        var afterCopy = await SecondSessionAsync(hosted.Plane);

        Assert.Equal(JsonValueKind.Undefined, afterRestart.ValueKind);
        Assert.Equal(JsonValueKind.String, afterCopy.ValueKind);
        await using var db = hosted.Plane.Open();
        Assert.Equal("denied", (await db.AuditEntries.SingleAsync(row => row.Action == "node.secondSession")).Outcome);
    }

    [Fact]
    public async Task H60_A_second_process_is_refused_where_that_is_asked_for()
    {
        await using var hosted = new Hosted(services => services.Configure<NodesOptions>(nodes => nodes.SecondSession = SecondSession.Refuse));
        var credential = await hosted.Plane.JoinAsync("worker");

        using var first = await hosted.Plane.AskAsync(credential, "/node/v1/peers", session: "first");
        using var copy = await hosted.Plane.AskAsync(credential, "/node/v1/peers", session: "copy");
        using var silent = await hosted.Plane.AskAsync(credential, "/node/v1/peers");
        using var again = await hosted.Plane.AskAsync(credential, "/node/v1/peers", session: "first");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, copy.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, silent.StatusCode);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(JsonValueKind.String, (await SecondSessionAsync(hosted.Plane)).ValueKind);
    }

    [Fact]
    public void H60_Who_was_silent_for_a_while_or_left_holds_nobody_up()
    {
        var time = new FakeTimeProvider();
        var sessions = new NodeSessions(time);
        var node = NodeId.New(time.GetUtcNow());
        sessions.Hear(node, "first");

        var atOnce = sessions.IsTakenByAnother(node, "second");
        time.Advance(TimeSpan.FromSeconds(16));
        var later = sessions.IsTakenByAnother(node, "second");
        sessions.Hear(node, "first");
        sessions.Leave(node, "first");

        Assert.True(atOnce);
        Assert.False(later);
        Assert.False(sessions.IsTakenByAnother(node, "second"));
    }

    [Fact]
    public async Task A_new_credential_ends_the_old_one_when_it_is_used_and_an_answer_that_got_lost_locks_nobody_out()
    {
        await using var hosted = new Hosted();
        var old = await hosted.Plane.JoinAsync("worker");
        (await hosted.Plane.As("admin").PostAsync("/api/v1/nodes/worker/rotate-credential", null)).EnsureSuccessStatusCode();

        using var lost = await hosted.Plane.AskAsync(old, "/node/v1/credential", HttpMethod.Post);
        using var taken = await hosted.Plane.AskAsync(old, "/node/v1/credential", HttpMethod.Post);
        var (first, second) = ((await lost.JsonAsync()).Text("credential"), (await taken.JsonAsync()).Text("credential"));
        using var overwritten = await hosted.Plane.AskAsync(first, "/node/v1/peers");
        using var stillOld = await hosted.Plane.AskAsync(old, "/node/v1/peers");
        using var used = await hosted.Plane.AskAsync(second, "/node/v1/peers");
        using var ended = await hosted.Plane.AskAsync(old, "/node/v1/peers");

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Unauthorized],
            new[] { overwritten, stillOld, used, ended }.Select(answer => answer.StatusCode));
        await using var db = hosted.Plane.Open();
        Assert.Null((await db.Nodes.SingleAsync(node => node.Name == "worker")).RotationAskedAt);
        Assert.Equal(["node.joined", "node.rotationAsked", "node.credentialRotated"], await db.AuditEntries.Where(row => row.Target == "node/worker").OrderBy(row => row.Id).Select(row => row.Action).ToListAsync());
    }

    [Fact]
    public async Task A_revoked_node_gets_no_new_credential()
    {
        await using var hosted = new Hosted();
        var credential = await hosted.Plane.JoinAsync("worker");
        using var renewed = await hosted.Plane.AskAsync(credential, "/node/v1/credential", HttpMethod.Post);
        var next = (await renewed.JsonAsync()).Text("credential");

        (await hosted.Plane.As("admin").PostAsync("/api/v1/nodes/worker/revoke", null)).EnsureSuccessStatusCode();
        using var byNext = await hosted.Plane.AskAsync(next, "/node/v1/peers");
        using var asked = await hosted.Plane.As("admin").PostAsync("/api/v1/nodes/worker/rotate-credential", null);

        Assert.Equal(HttpStatusCode.Unauthorized, byNext.StatusCode);
        Assert.Equal("NodeRevoked", await asked.CodeAsync());
    }

    [Theory]
    [InlineData("/hubs/nodes?access_token="), InlineData("/hubs/nodes/negotiate?access_token="), InlineData("/node/v1/state?access_token="), InlineData("/node/v1/state?authorization=Bearer%20")]
    public async Task H67_A_credential_in_the_address_is_none(string path)
    {
        await using var hosted = new Hosted();
        var credential = await hosted.Plane.JoinAsync("worker");

        using var answer = await hosted.Plane.AskAsync(null, path + credential, path.Contains("negotiate", StringComparison.Ordinal) ? HttpMethod.Post : null);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("/node/v1/blobs/", "bytes=0-0,0-0,0-0", HttpStatusCode.RequestedRangeNotSatisfiable), InlineData("/node/v1/blobs/", null, HttpStatusCode.NotFound)]
    public async Task H57_A_node_gets_no_file_that_its_environment_does_not_ask_for_and_one_range_at_a_time(string path, string? range, HttpStatusCode expected)
    {
        await using var hosted = new Hosted();
        var credential = await hosted.Plane.JoinAsync("worker", "staging");
        using var client = hosted.Plane.As("admin");
        var file = Testing.Models.TinyModel.Add(17);
        await client.PostAsJsonAsync("/api/v1/models", new { name = "foreign" });
        using var content = new ByteArrayContent(file) { Headers = { ContentType = new("application/octet-stream") } };
        using var uploaded = await client.PostAsync("/api/v1/models/foreign/versions", content);
        var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file));
        Assert.Equal(HttpStatusCode.Accepted, uploaded.StatusCode);

        using var answer = await hosted.Plane.AskAsync(credential, path + sha256, range: range);

        Assert.Equal(expected, answer.StatusCode);
        await using var db = hosted.Plane.Open();
        Assert.Equal(range is null ? 1 : 0, await db.AuditEntries.CountAsync(row => row.Action == "node.denied" && row.Actor == "worker"));
    }

    [Theory]
    [InlineData("""{"nodeSession":"s","clock":"CLOCK","appliedRevision":9007199254740991}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"nodeSession":"s","clock":"CLOCK","appliedRevision":-1}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"nodeSession":"s","clock":"1970-01-01T00:00:00Z"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"nodeSession":"s","clock":"CLOCK","serving":[null]}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"nodeSession":"a\u0007b","clock":"CLOCK"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"nodeSession":"s"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"nodeSession":"s","clock":"CLOCK","appliedRevision":NaN}""", HttpStatusCode.BadRequest)]
    [InlineData("not json", HttpStatusCode.BadRequest)]
    [InlineData("""{"nodeSession":"s","clock":"CLOCK","nodeId":"00000000-0000-0000-0000-000000000000","name":"node-1"}""", HttpStatusCode.NoContent)]
    public async Task H62_A_report_is_about_the_node_whose_credential_it_comes_with_and_says_nothing_impossible(string report, HttpStatusCode expected)
    {
        await using var hosted = new Hosted();
        var credential = await hosted.Plane.JoinAsync("worker");
        var body = report.Replace("CLOCK", DateTimeOffset.UtcNow.ToString("O"), StringComparison.Ordinal);

        using var answer = await hosted.Plane.AskAsync(credential, "/node/v1/report", HttpMethod.Post, content: new StringContent(body, Encoding.UTF8, "application/json"));
        using var nodes = await hosted.Plane.As("admin").GetAsync("/api/v1/nodes");
        var states = (await nodes.JsonAsync()).GetProperty("items").EnumerateArray().ToDictionary(node => node.Text("name")!, node => node.Text("state"));

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal("NeverSeen", states["node-1"]);
        Assert.Equal(expected == HttpStatusCode.NoContent ? "Ready" : "NeverSeen", states["worker"]);
        await using var db = hosted.Plane.Open();
        Assert.Equal(expected == HttpStatusCode.NoContent ? 0 : 1, await db.AuditEntries.CountAsync(row => row.Action == "node.denied" && row.Actor == "worker"));
    }

    [Fact]
    public async Task H64_A_report_of_ten_megabytes_is_413()
    {
        await using var hosted = new Hosted();
        var credential = await hosted.Plane.JoinAsync("worker");
        var huge = $$"""{"nodeSession":"{{new string('x', 10 << 20)}}","clock":"2026-01-01T00:00:00Z"}""";

        using var answer = await hosted.Plane.AskAsync(credential, "/node/v1/report", HttpMethod.Post, content: new StringContent(huge, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    private static async Task<JsonElement> SecondSessionAsync(HostedControlPlane plane)
    {
        using var nodes = await plane.As("admin").GetAsync("/api/v1/nodes");
        var worker = (await nodes.JsonAsync()).GetProperty("items").EnumerateArray().Single(node => node.Text("name") == "worker");
        return worker.TryGetProperty("secondSessionAt", out var seen) ? seen : default;
    }

    private sealed class Hosted : IAsyncDisposable
    {
        public Hosted(Action<IServiceCollection>? change = null)
        {
            Plane = new HostedControlPlane(change ?? (_ => { }));
            Plane.InitializeAsync().AsTask().GetAwaiter().GetResult();
        }

        public HostedControlPlane Plane { get; }

        public ValueTask DisposeAsync() => Plane.DisposeAsync();
    }
}

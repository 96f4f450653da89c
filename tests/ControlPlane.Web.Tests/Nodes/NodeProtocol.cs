using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.SignalR.Client;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Testing;
using Testing.Fleet;

namespace ControlPlane.Web.Tests.Nodes;

public sealed class NodeProtocol(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private readonly ControlPlaneProcess _plane = shared.Plane;

    [Fact]
    public async Task The_document_that_is_fetched_is_the_one_that_is_pushed_byte_for_byte()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "bytes", 1);
        await fleet.ServeAsync("1");
        var node = fleet.Nodes[0];

        var answer = await node.SendAsync(HttpMethod.Get, "/node/v1/state");
        var fetched = StateDocument.Verify(await answer.Content.ReadAsByteArrayAsync(), out var defect);

        Assert.Null(defect);
        Assert.Equal($"\"{fetched!.ContentHash}\"", answer.Headers.ETag!.Tag);
        await Eventually.TrueAsync(() => node.Applied!.ContentHash == fetched.ContentHash, SimulatedFleet.Longest, "the same was pushed");
    }

    [Fact]
    public async Task Files_are_given_in_ranges_and_whole_when_they_are_not_the_ones_meant()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "ranges", 1);
        await fleet.ServeAsync("1");
        var node = fleet.Nodes[0];
        var file = node.Applied!.Artifacts.Values.SelectMany(artifact => artifact.Files).First();

        var whole = await (await node.SendAsync(HttpMethod.Get, $"/node/v1/blobs/{file.Sha256}")).Content.ReadAsByteArrayAsync();
        var rest = await node.SendAsync(HttpMethod.Get, $"/node/v1/blobs/{file.Sha256}", headers: headers => Range(headers, $"\"{file.Sha256}\""));
        var other = await node.SendAsync(HttpMethod.Get, $"/node/v1/blobs/{file.Sha256}", headers: headers => Range(headers, "\"another\""));

        Assert.Equal(file.Sha256, Convert.ToHexStringLower(SHA256.HashData(whole)));
        Assert.Equal(HttpStatusCode.PartialContent, rest.StatusCode);
        Assert.Equal(whole[10..], await rest.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Without_a_good_credential_nothing_is_given()
    {
        await using var fleet = await SimulatedFleet.JoinedAsync(_plane, "revoked", 1);
        var node = fleet.Nodes[0];

        var before = await node.PollAsync();
        (await _plane.Client.PostAsync("/api/v1/nodes/revoked-0/revoke", null)).EnsureSuccessStatusCode();

        Assert.Contains(before, new[] { HttpStatusCode.OK, HttpStatusCode.NotModified });
        Assert.Equal(HttpStatusCode.Unauthorized, await node.PollAsync());
        await Eventually.TrueAsync(() => node.Connection == HubConnectionState.Disconnected, SimulatedFleet.Longest, "the open connection is ended");
        var person = await _plane.Client.GetAsync("/node/v1/state");
        Assert.Equal(HttpStatusCode.Unauthorized, person.StatusCode);
        using var http = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => SimulatedNode.JoinAsync(http, new Uri(_plane.Url), "cpj_nonsense", "x"));
    }

    [Theory]
    [InlineData("seg-a", "fraud~2026-05-03~14~n-1.parquet", true, HttpStatusCode.NoContent)]
    [InlineData("seg-b", "fraud~2026-05-03~14~n-2.parquet", false, HttpStatusCode.UnprocessableEntity)]
    [InlineData("seg-c", "..~2026-05-03~14~n-3.parquet", true, HttpStatusCode.BadRequest)]
    [InlineData("seg-d", "fraud~2026-05-03~24~n-4.parquet", true, HttpStatusCode.BadRequest)]
    public async Task A_segment_is_kept_when_its_name_and_digest_are_right(string node, string segment, bool isRight, HttpStatusCode expected)
    {
        await using var fleet = await SimulatedFleet.JoinedAsync(_plane, node, 1);
        var bytes = Encoding.ASCII.GetBytes("PAR1 not really a table PAR1");

        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 2; i++)
            answers.Add((await fleet.Nodes[0].SendAsync(HttpMethod.Put, $"/node/v1/records/prediction/{segment}", new ByteArrayContent(bytes), headers => headers.Add("X-Content-SHA256", Digest(bytes, isRight)))).StatusCode);

        Assert.Equal([expected, expected], answers);
    }

    [Fact]
    public async Task F39_Frames_that_arrive_twice_and_out_of_order_count_once()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "frames", 1);
        var release = await fleet.ServeAsync("1");
        var node = fleet.Nodes[0];
        var at = TimeProvider.System.GetUtcNow();

        await node.SendFramesAsync(Frame(7, at, release));
        await node.SendFramesAsync(Frame(6, at.AddSeconds(-1), release));
        await node.SendFramesAsync(Frame(7, at, release));

        var series = await (await _plane.Client.GetAsync($"/api/v1/metrics/query?endpoint=production/frames&metric=requests&step=60s")).JsonAsync();
        var perSecond = series.GetProperty("series")[0].GetProperty("points").EnumerateArray().Sum(point => point.GetProperty("value").GetDouble());
        var metrics = await _plane.Client.GetStringAsync("/metrics");
        Assert.Equal(20, perSecond * 60, 6);
        Assert.Contains($"controlplane_endpoint_requests_total{{environment=\"production\",endpoint=\"frames\",release=\"{release}\",arm=\"stable\"}} 20\n", metrics);
    }

    private static Frame Frame(long seq, DateTimeOffset at, string release) =>
        new("session-of-frames", seq, at, [new FrameSeries { Endpoint = "frames", Release = release, Arm = ArmState.Stable, Requests = 10 }]);

    private static void Range(HttpRequestHeaders headers, string tag)
    {
        headers.Range = new RangeHeaderValue(10, null);
        headers.IfRange = new RangeConditionHeaderValue(tag);
    }

    private static string Digest(byte[] bytes, bool isRight) => Convert.ToHexStringLower(SHA256.HashData(isRight ? bytes : [1, .. bytes]));
}

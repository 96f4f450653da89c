using System.Text;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;
using Testing.Processes;

namespace Serving.Node.Tests.Log;

/// <summary>From a prediction to a Parquet segment at the control plane.</summary>
public sealed class PredictionLogTests : IDisposable
{
    private readonly StateFolder _state = new StateFolder().Serve("add", TinyModel.Add(1)).Serve("wide", TinyModel.Add(1, width: 3)).Write();

    [Fact]
    public async Task A_prediction_arrives_within_ten_seconds_with_all_that_explains_it()
    {
        await using var sink = await LogSink.StartAsync();
        await using var node = await StartAsync(sink.Port);

        await PostAsync(node, "/predict/wide", "one", """{"entities":{"user":"u42"},"rows":[{"inputs":{"x":[1,2,3]}},{"inputs":{"x":[4,5,6]}}]}""");
        await PostAsync(node, "/v2/models/add/infer", "two", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[41]}]}""");
        await PostAsync(node, "/predict/add", "bad", """{"inputs":{"x":"text"}}""");
        var rows = await Eventually.GetAsync(sink.RowsAsync, rows => rows.Count >= 4, TimeSpan.FromSeconds(10), "rows at the control plane");

        var second = rows.Single(row => Equals(row["request_id"], "one") && Equals(row["row"], 1));
        Assert.Equal([4f, 5f, 6f], Assert.IsAssignableFrom<System.Collections.IEnumerable>(second["i.x"]).Cast<float>());
        Assert.Equal([5f, 6f, 7f], Assert.IsAssignableFrom<System.Collections.IEnumerable>(second["o.y"]).Cast<float>());
        Assert.Equal(("native", 200, "stable", "wide", "1", "model", "node-1"), (second["protocol"], second["status"], second["arm"], second["model"], second["version"], second["served_from"], second["node"]));
        Assert.StartsWith("rel-", (string)second["release"]!);
        Assert.Matches("^[0-9a-f]{32}$", (string)second["e.user"]!);
        Assert.InRange((int)second["t_total"]!, 1, 60_000_000);
        Assert.InRange(DateTimeOffset.UnixEpoch.AddMicroseconds((long)second["at"]!), TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(2), TimeProvider.System.GetUtcNow());
        var other = rows.Single(row => Equals(row["request_id"], "two"));
        Assert.Equal(("oip", 41f, 42f, 42.0), (other["protocol"], other["i.x"], other["o.y"], other["prediction"]));
        var bad = rows.Single(row => Equals(row["request_id"], "bad"));
        Assert.Equal((400, "InvalidInput"), (bad["status"], bad["error"]));
    }

    [Fact]
    public async Task Rows_of_a_killed_process_arrive_once_after_its_restart()
    {
        var port = FreePort.Take();
        await using (var node = await StartAsync(port))
        {
            for (var i = 0; i < 20; i++)
                await PostAsync(node, "/predict/add", $"r{i}", """{"inputs":{"x":[1]}}""");
            await Eventually.TrueAsync(() => Spooled() > 20 * 80, TimeSpan.FromSeconds(4), "spooled");
            node.Process.Kill();
            await node.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        }

        await using var sink = await LogSink.StartAsync(port);
        await using var again = await StartAsync(port);
        var rows = await Eventually.GetAsync(sink.RowsAsync, rows => rows.Count >= 20, TimeSpan.FromSeconds(15), "rows at the control plane");

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"r{i}").Order(), rows.Select(row => (string)row["request_id"]!).Order());
        await Eventually.TrueAsync(() => Spooled() == 0 && Directory.GetFiles(Path.Combine(_state.Root, "cache", "outbox")).Length == 0, TimeSpan.FromSeconds(5), "nothing left behind");
    }

    public void Dispose() => _state.Dispose();

    private long Spooled()
    {
        var folder = new DirectoryInfo(Path.Combine(_state.Root, "cache", "spool"));
        return folder.Exists ? folder.GetFiles().Sum(file => file.Length) : 0;
    }

    private async Task<NodeProcess> StartAsync(int controlPlane)
    {
        var node = NodeProcess.Start(Path.Combine(_state.Root, "cache"), new Dictionary<string, string?>
        {
            ["Node__StateFile"] = _state.StateFile,
            ["Node__ArtifactDirectory"] = _state.Artifacts,
            ["Node__ControlPlaneUrl"] = $"http://127.0.0.1:{controlPlane}",
            ["Node__JoinToken"] = "cpj_test",
        });
        await node.ReadyAsync(TimeSpan.FromSeconds(60));
        return node;
    }

    private static async Task PostAsync(NodeProcess node, string path, string id, string body)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        ask.Headers.Add("X-Request-Id", id);
        using var answer = await node.Client.SendAsync(ask);
    }
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Cache;

/// <summary>A node process whose endpoints keep answers.</summary>
public sealed class CachedNode : IAsyncLifetime
{
    private StateFolder? _state;
    private NodeProcess? _node;

    public HttpClient Client => _node!.Client;

    public async ValueTask InitializeAsync()
    {
        var embedding = new RuntimeConfiguration(Outputs: new Dictionary<string, OutputConfiguration> { ["y"] = new(Embedding: true) });
        _state = new StateFolder()
            .Serve("wide", TinyModel.Add(1, width: 3), cache: new CacheState(CheckShare: 1))
            .Serve("noise", TinyModel.Noise(), cache: new CacheState(CheckShare: 1))
            .Serve("plain", TinyModel.Add(5))
            .Serve("one", TinyModel.Add(9, width: 2), runtime: embedding)
            .Serve("other", TinyModel.Add(9, width: 2), runtime: embedding)
            .Write();
        _node = await NodeProcess.StartAsync(_state);
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }
}

/// <summary>What callers and operators see of a cache.</summary>
public sealed class CachedEndpointTests(CachedNode node) : IClassFixture<CachedNode>
{
    public static TheoryData<string, string> Requests => new()
    {
        { "/predict/wide", """{"inputs":{"x":[1,2,#]}}""" },
        { "/v2/models/wide/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,3,#]}]}""" },
        { "/v1/models/wide:predict", """{"instances":[[1,4,#]]}""" },
        { "/predictions/wide", """{"x":[1,5,#]}""" },
        { "/serving-endpoints/wide/invocations", """{"inputs":[[1,6,#]]}""" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task The_second_answer_comes_from_the_cache_and_says_so_on_every_protocol(string path, string body)
    {
        using var first = await PostAsync(path, body.Replace('#', '7'), timed: true);
        using var second = await PostAsync(path, body.Replace('#', '7'), timed: true);
        using var other = await PostAsync(path, body.Replace('#', '8'));

        Assert.False(first.Headers.Contains("X-Served-From"));
        Assert.Equal("cache", Assert.Single(second.Headers.GetValues("X-Served-From")));
        Assert.False(other.Headers.Contains("X-Served-From"));
        Assert.Equal(Answer(await first.Content.ReadAsStringAsync()), Answer(await second.Content.ReadAsStringAsync()));
        Assert.Contains("cache;dur=", Assert.Single(second.Headers.GetValues("Server-Timing")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_native_answer_names_the_cache_as_its_source()
    {
        const string Body = """{"rows":[{"inputs":{"x":[1,2,3]}},{"inputs":{"x":[4,5,6]}}]}""";
        using var first = await PostAsync("/predict/wide", Body);
        using var second = await PostAsync("/predict/wide", Body);

        Assert.Contains("\"servedFrom\":\"model\"", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"servedFrom\":\"cache\"", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"predictions\":[{\"y\":[2,3,4]},{\"y\":[5,6,7]}]", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_setting_every_request_is_run()
    {
        using var first = await PostAsync("/predict/plain", """{"inputs":{"x":1}}""");
        using var second = await PostAsync("/predict/plain", """{"inputs":{"x":1}}""");

        Assert.Contains("\"servedFrom\":\"model\"", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_embedding_is_shared_by_the_endpoints_of_its_release()
    {
        using var first = await PostAsync("/predict/one", """{"inputs":{"x":[1,2]}}""");
        using var second = await PostAsync("/predict/other", """{"inputs":{"x":[1,2]}}""");

        Assert.Contains("\"servedFrom\":\"model\"", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"servedFrom\":\"cache\"", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"predictions\":[{\"y\":[10,11]}]", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_and_statistics_tell_hits_misses_and_what_the_meter_found()
    {
        for (var i = 0; i < 4; i++)
            await PostAsync("/predict/noise", """{"inputs":{"x":1}}""");

        await Eventually.TrueAsync(
            async () => (await node.Client.GetStringAsync("/metrics")).Split('\n').Any(line => line.StartsWith("serving_cache_mismatched_total{endpoint=\"noise\"", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(30), "a mismatch is counted");
        var metrics = await node.Client.GetStringAsync("/metrics");
        using var statistics = JsonDocument.Parse(await node.Client.GetStringAsync("/v2/models/noise/stats"));
        var stats = statistics.RootElement.GetProperty("model_stats")[0].GetProperty("inference_stats");
        var hits = stats.GetProperty("cache_hit").GetProperty("count").GetInt64();
        var misses = stats.GetProperty("cache_miss").GetProperty("count").GetInt64();

        Assert.Equal(4, hits + misses);
        Assert.InRange(hits, 1, 3);
        Assert.Contains($"nv_cache_num_hits_per_model{{model=\"noise\",version=\"1\"}} {hits}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"nv_cache_num_misses_per_model{{model=\"noise\",version=\"1\"}} {misses}\n", metrics, StringComparison.Ordinal);
        Assert.Matches("serving_cache_bytes{cache=\"endpoint\",endpoint=\"noise\"} [1-9]", metrics);
        Assert.Contains("serving_cache_evictions_total{cache=\"embeddings\",endpoint=\"\"} 0\n", metrics, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, bool timed = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        request.Headers.Add("X-Request-Id", "r-1");
        if (timed)
            request.Headers.Add("X-Server-Timing", "1");
        var answer = await node.Client.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
        return answer;
    }

    private static string Answer(string body) => body.Replace("\"servedFrom\":\"cache\"", "\"servedFrom\":\"model\"", StringComparison.Ordinal);
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Serving.Node.Log;
using Serving.Node.Receive;
using Serving.Node.Tests.Kit;
using Serving.Node.Versions;
using Testing;
using Testing.Models;
using Testing.Processes;

namespace Serving.Node.Tests.Receive;

/// <summary>Spans of requests that belong to a trace.</summary>
public sealed class RequestSpansTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Caller = "b7ad6b7169203331";

    private static readonly string[] _phases = ["read", "queue", "infer", "write"];

    [Fact]
    public void A_request_of_a_trace_has_a_span_and_one_for_each_phase_below_it()
    {
        var spans = SpansOf($"00-{Trace}-{Caller}-01");

        var request = Assert.Single(spans, span => span.Kind == ActivityKind.Server);
        Assert.Equal(("predict fraud", Trace, Caller), (request.DisplayName, request.TraceId.ToHexString(), request.ParentSpanId.ToHexString()));
        Assert.Equal(("rel-1", "stable", 200), (request.GetTagItem("serving.release"), request.GetTagItem("serving.arm"), request.GetTagItem("http.response.status_code")));
        var phases = spans.Where(span => span.Kind == ActivityKind.Internal).ToList();
        Assert.Equal(_phases, phases.Select(span => span.DisplayName));
        Assert.All(phases, span => Assert.Equal(request.SpanId, span.ParentSpanId));
        Assert.Equal(request.StartTimeUtc, phases[0].StartTimeUtc);
        Assert.Equal(request.StartTimeUtc + request.Duration, phases[^1].StartTimeUtc + phases[^1].Duration);
        Assert.All(phases.Zip(phases.Skip(1)), pair => Assert.Equal(pair.First.StartTimeUtc + pair.First.Duration, pair.Second.StartTimeUtc));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    public void A_request_of_no_trace_has_no_span(string? parent) => Assert.Empty(SpansOf(parent));

    [Fact]
    public void While_nobody_listens_a_span_costs_nothing()
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var exchange = Traced(release, $"00-{Trace}-{Caller}-01");
        RequestSpans.Write(exchange, 200, exchange.Began + 10, TimeProvider.System);

        var before = GC.GetAllocatedBytesForCurrentThread();
        RequestSpans.Write(exchange, 200, exchange.Began + 10, TimeProvider.System);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Spans_are_sent_to_the_address_that_the_environment_names()
    {
        var port = FreePort.Take(1);
        using var collector = new HttpListener();
        collector.Prefixes.Add($"http://127.0.0.1:{port}/");
        collector.Start();
        using var state = new StateFolder().Serve("add", TinyModel.Add(1)).Write();
        await using var node = NodeProcess.Start(Path.Combine(state.Root, "cache"), new Dictionary<string, string?>
        {
            ["Node__StateFile"] = state.StateFile,
            ["Node__ArtifactDirectory"] = state.Artifacts,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        });
        await node.ReadyAsync(TimeSpan.FromSeconds(120));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/predict/add") { Content = new StringContent("""{"inputs":{"x":1}}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");

        using var answer = await node.Client.SendAsync(request);
        var context = await collector.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(60));
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body);
        context.Response.Close();

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(("/v1/traces", "application/x-protobuf"), (context.Request.Url!.AbsolutePath, context.Request.ContentType));
        var sent = Encoding.Latin1.GetString(body.ToArray());
        Assert.All(["serving-node", "predict add", .. _phases], text => Assert.Contains(text, sent, StringComparison.Ordinal));
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(Trace)), sent, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(Caller)), sent, StringComparison.Ordinal);
    }

    private static List<Activity> SpansOf(string? parent)
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RequestSpans.SourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var exchange = Traced(release, parent);
        Assert.True(release.TryAcquire());

        new Prediction(new ServingTable(), new PredictionLog(TimeProvider.System), TimeProvider.System).Finish(exchange, 200);

        return [.. ended];
    }

    private static Exchange Traced(LoadedRelease release, string? parent)
    {
        var http = new DefaultHttpContext();
        if (parent is not null)
            http.Request.Headers.TraceParent = parent;
        var exchange = Loaded.Exchange(release, []);
        exchange.Http = http;
        exchange.Asked = exchange.Began + 1_000;
        exchange.Ran = exchange.Began + 3_000;
        exchange.Done = exchange.Began + 9_000;
        return exchange;
    }
}

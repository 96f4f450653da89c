using Serving.Node.Versions;
using Microsoft.Extensions.Time.Testing;
using Serving.Node.Log;
using Serving.Node.Metrics;

namespace Serving.Node.Tests.Metrics;

public sealed class SeriesRegistryTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Forgets_a_series_an_hour_after_it_was_routed_last()
    {
        var registry = new SeriesRegistry(_time);
        registry.BeginGeneration();
        registry.For("fraud", "rel-1", "fraud", "1", "stable").Answered(200, TimeSpan.FromMilliseconds(1), default, 1, false);
        registry.For("fraud", "rel-2", "fraud", "2", "candidate");
        registry.Drain();
        registry.BeginGeneration();
        registry.For("fraud", "rel-2", "fraud", "2", "stable");
        _time.Advance(TimeSpan.FromMinutes(59));
        registry.Drain();
        var before = registry.Totals.Count();

        _time.Advance(TimeSpan.FromMinutes(2));
        registry.Drain();

        Assert.Equal(3, before);
        Assert.Equal("stable", Assert.Single(registry.Totals).Labels.Split("arm=\"")[1].TrimEnd('"'));
    }

    [Fact]
    public void Numbers_its_frames_and_leaves_out_the_idle()
    {
        var registry = new SeriesRegistry(_time);
        var busy = registry.For("fraud", "rel-1", "fraud", "1", "stable");
        registry.For("other", "rel-2", "other", "1", "stable");
        busy.Answered(200, TimeSpan.FromMilliseconds(1), default, 1, false);

        var first = registry.Drain();
        var second = registry.Drain();

        Assert.Equal("fraud", Assert.Single(first.Series).Endpoint);
        Assert.Equal((1L, 2L, 0), (first.Seq, second.Seq, second.Series.Count));
        Assert.Equal(first.NodeSession, second.NodeSession);
    }

    [Fact]
    public void Shows_the_same_numbers_to_Prometheus()
    {
        var registry = new SeriesRegistry(_time);
        var counters = registry.For("fraud", "rel-1", "model \"x\"", "1", "stable");
        counters.Answered(200, TimeSpan.FromMilliseconds(2), default, 3, false);
        counters.Answered(500, TimeSpan.FromMilliseconds(700), default, 0, false);
        registry.CountUnknown();
        registry.Drain();

        var text = PrometheusText.Write(registry, new PredictionLog(TimeProvider.System), ServingSnapshot.Empty with { Revision = 7 }, TimeProvider.System);

        const string Labels = "endpoint=\"fraud\",release=\"rel-1\",model=\"model \\\"x\\\"\",version=\"1\",arm=\"stable\"";
        Assert.Contains($"serving_requests_total{{{Labels}}} 2\n", text, StringComparison.Ordinal);
        Assert.Contains($"serving_errors_total{{{Labels}}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"serving_rows_total{{{Labels}}} 3\n", text, StringComparison.Ordinal);
        Assert.Contains($"serving_request_duration_seconds_bucket{{{Labels},le=\"0.0025\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"serving_request_duration_seconds_bucket{{{Labels},le=\"+Inf\"}} 2\n", text, StringComparison.Ordinal);
        Assert.Contains($"serving_request_duration_seconds_sum{{{Labels}}} 0.702\n", text, StringComparison.Ordinal);
        Assert.Contains("serving_unknown_endpoint_total 1\n", text, StringComparison.Ordinal);
        Assert.Contains("serving_applied_revision 7\n", text, StringComparison.Ordinal);
    }
}

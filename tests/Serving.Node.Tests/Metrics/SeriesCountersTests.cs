using Serving.Contracts.Reports;
using Serving.Node.Metrics;

namespace Serving.Node.Tests.Metrics;

public sealed class SeriesCountersTests
{
    [Fact]
    public void Counts_each_answer_once_and_by_its_kind()
    {
        var counters = New();
        foreach (var status in new[] { 200, 200, 400, 404, 413, 500, 503, 504 })
            counters.Answered(status, TimeSpan.FromMilliseconds(3), default, rows: status == 200 ? 5 : 0, unassigned: status == 200);
        counters.Refused();

        var series = counters.Drain()!;
        var latency = new LatencyHistogram();
        Assert.True(latency.TryMerge(series.Latency));

        Assert.Equal((8, 3, 2, 1, 1, 10, 2), (series.Requests, series.Invalid, series.Errors, series.Timeouts, series.Refused, series.Rows, series.Unassigned));
        Assert.Equal(8, latency.Count);
        Assert.InRange(latency.Quantile(0.5)!.Value, 2_970, 3_030);
    }

    [Fact]
    public void Gives_count_mean_and_spread_of_predictions()
    {
        var counters = New();

        counters.Predicted([2, 4, 4, 4, double.NaN, 5, 5, 7, 9, double.PositiveInfinity]);

        Assert.Equal(new Moments(8, 5, 32), counters.Drain()!.Prediction); // variance 4: the example of the article on standard deviation in Wikipedia
    }

    [Fact]
    public void Says_nothing_when_nothing_happened()
    {
        var counters = New();

        counters.Enter();
        var underWay = counters.Drain();
        counters.Leave();

        Assert.Equal(1, underWay!.InFlight);
        Assert.Null(counters.Drain());
    }

    [Fact]
    public async Task Loses_and_halves_nothing_while_it_is_drained()
    {
        const int Writers = 4;
        const int Each = 50_000;
        var counters = New();
        var writing = Enumerable.Range(0, Writers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                counters.Answered(200, TimeSpan.FromMicroseconds(50), default, 1, false);
                counters.Predicted([3]);
            }
        })).ToArray();

        var frames = new List<FrameSeries>();
        while (!Task.WhenAll(writing).IsCompleted)
            frames.AddRange(new[] { counters.Drain() }.OfType<FrameSeries>());
        await Task.WhenAll(writing);
        frames.AddRange(new[] { counters.Drain() }.OfType<FrameSeries>());

        Assert.Equal(Writers * Each, frames.Sum(frame => frame.Requests));
        Assert.Equal(Writers * Each, frames.Sum(frame => frame.Prediction?.Count ?? 0));
        Assert.All(frames, frame => Assert.Equal(frame.Requests, frame.Rows));
        Assert.All(frames.Where(frame => frame.Prediction is not null), frame => Assert.Equal((3.0, 0.0), (frame.Prediction!.Mean, frame.Prediction.M2)));
    }

    [Fact]
    public void Counting_a_request_allocates_nothing()
    {
        var counters = New();
        Span<double> predictions = stackalloc double[] { 0.5 };
        counters.Answered(200, TimeSpan.FromMilliseconds(1), default, 1, false);
        counters.Predicted(predictions);

        var before = GC.GetAllocatedBytesForCurrentThread();
        counters.Enter();
        counters.Answered(200, TimeSpan.FromMilliseconds(1), default, 1, false);
        counters.Predicted(predictions);
        counters.Leave();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static SeriesCounters New() => new("fraud", "rel-1", "fraud", "1", "stable");
}

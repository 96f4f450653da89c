using ControlPlane.Web.Shared;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Tests.Shared;

public sealed class FiguresNowTests
{
    private static readonly DateTimeOffset _end = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan _step = TimeSpan.FromSeconds(10);

    [Fact]
    public void Rates_shares_and_quantiles_are_those_of_the_last_half_minute()
    {
        List<Measured> measured = [Part(1, "stable", 270, 0, 10_000), Part(2, "candidate", 30, 3, 90_000), Part(60, "stable", 9_000, 9_000, 1)];

        var now = FiguresNow.Of(measured, _end, _step, _step * 3)!;

        Assert.Equal(10, now.RequestsPerSecond);
        Assert.Equal(0.01, now.ErrorShare);
        Assert.Equal(0.9, now.Shares["stable"]);
        Assert.InRange(now.P99Ms!.Value, 89, 91);
        Assert.InRange(now.P50Ms!.Value, 9.9, 10.1);
        Assert.Equal(9_300, now.Total);
    }

    [Fact]
    public void Time_without_figures_is_a_gap_and_not_zero()
    {
        var now = FiguresNow.Of([Part(3, "stable", 100, 0, 1000)], _end, _step, _step)!;

        Assert.Equal(10, now.Requests[^3]);
        Assert.True(double.IsNaN(now.Requests[^1]));
    }

    [Fact]
    public void Nothing_measured_in_a_quarter_of_an_hour_gives_no_figures() =>
        Assert.Null(FiguresNow.Of([Part(91, "stable", 1, 0, 1)], _end, _step, _step));

    private static Measured Part(int stepsAgo, string arm, long requests, long errors, long microseconds)
    {
        var histogram = new LatencyHistogram();
        for (var i = 0; i < requests; i++)
            histogram.Record(microseconds);
        var part = new Measured(_end - _step * stepsAgo, "rel-1", arm);
        part.Add(requests, errors, 0, histogram.ToBytes());
        return part;
    }
}

using ControlPlane.Web.Charts;

namespace ControlPlane.Web.Tests.Charts;

public sealed class ReductionTests
{
    private static readonly DateTimeOffset _start = new(2026, 5, 3, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void One_peak_in_ten_thousand_points_is_still_there_in_four_hundred()
    {
        var points = Enumerable.Range(0, 10_000).Select(i => new ChartPoint(_start.AddSeconds(i), i == 7_331 ? 900 : 50)).ToList();

        var reduced = Reduction.Of(points, 400);

        Assert.InRange(reduced.Count, 1, 400);
        Assert.Equal(900, reduced.Max(point => point.Value));
        Assert.Equal(reduced.OrderBy(point => point.At), reduced);
    }

    [Fact]
    public void Short_series_is_left_as_it_is()
    {
        List<ChartPoint> points = [new(_start, 1), new(_start.AddSeconds(1), double.NaN)];

        Assert.Same(points, Reduction.Of(points, 400));
    }

    [Fact]
    public void Gap_stays_a_gap()
    {
        var points = Enumerable.Range(0, 10_000).Select(i => new ChartPoint(_start.AddSeconds(i), i is > 4000 and < 6000 ? double.NaN : 1)).ToList();

        Assert.Contains(Reduction.Of(points, 400), point => double.IsNaN(point.Value));
    }

    [Fact]
    public void Series_is_cut_where_nothing_was_measured_and_where_the_next_point_is_far()
    {
        List<ChartPoint> points = [new(_start, 1), new(_start.AddSeconds(10), 2), new(_start.AddSeconds(20), double.NaN), new(_start.AddSeconds(30), 3), new(_start.AddSeconds(300), 4)];

        var runs = Reduction.Runs(points, TimeSpan.FromSeconds(25)).Select(run => run.Select(point => point.Value).ToArray()).ToArray();

        Assert.Equal([[1, 2], [3], [4]], runs);
    }
}

using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Tests.Rollouts;

public sealed class StableTrafficTests
{
    private static readonly Gate _slow = new() { Metric = GateMetrics.LatencyAbove, AgainstStable = true, Limit = TimeSpan.FromMilliseconds(100), MaxIncrease = 0.2 };
    private static readonly Gate _mean = new() { Metric = GateMetrics.PredictionMean, AgainstStable = true, MaxDifference = 0.1 };

    [Fact]
    public void What_was_measured_becomes_what_the_planner_asks_for()
    {
        var latency = new LatencyHistogram();
        for (var i = 0; i < 1_000; i++)
            latency.Record(i < 950 ? 10_000 : 500_000);

        var traffic = new StableTraffic(20, 1_000, 10, latency, new Moments(1_000, 0.3, 1_000 * 0.04)).For([Canary.DefaultGates[0], _slow, _mean]);

        Assert.Equal(20, traffic.RequestsPerSecond);
        Assert.Equal(10.5 / 1_001, traffic.Rates["error_rate"], 1e-12);
        Assert.Equal(0.05, traffic.Rates[_slow.Name], 2e-3);
        Assert.Equal(0.2, traffic.Rates["prediction_mean"], 1e-3);
    }

    [Fact]
    public void No_failure_among_a_few_does_not_mean_none()
    {
        var traffic = new StableTraffic(1, 99, 0, new LatencyHistogram(), new Moments(0, 0, 0)).For([Canary.DefaultGates[0], _slow, _mean]);

        Assert.Equal(0.005, traffic.Rates["error_rate"], 1e-12);
        Assert.Equal(["error_rate"], traffic.Rates.Keys);
    }
}

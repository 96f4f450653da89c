using ControlPlane.Domain.Statistics;

namespace ControlPlane.Domain.Tests.Statistics;

public sealed class RelativeRiskTests
{
    /// <summary>The figure of the published plan: 1 % to 3 % at a share of 5 %.</summary>
    [Fact]
    public void Needs_6700_requests_to_find_a_threefold_rate_at_5_percent()
    {
        Assert.InRange(RelativeRisk.RequestsNeeded(3, 1, 0.05, 0.05, 0.01), 6_600, 6_800);
        Assert.Equal(double.PositiveInfinity, RelativeRisk.RequestsNeeded(1.2, 1.2, 0.05, 0.05, 0.01));
    }

    /// <summary>A second implementation: the likelihood by its definition, term by term.</summary>
    [Fact]
    public void Is_the_mean_of_likelihood_ratios()
    {
        FailureCount[] counts = [new(0.05, 40, 9), new(0.25, 12, 6)];
        var risk = counts.Aggregate(RelativeRisk.Nothing, (sum, count) => sum.Plus(count));

        double Likelihood(double r) => counts.Aggregate(1.0, (product, count) =>
            product * Math.Pow(r * count.Weight / (1 - count.Weight + r * count.Weight), count.Candidate)
                * Math.Pow((1 - count.Weight) / (1 - count.Weight + r * count.Weight), count.All - count.Candidate));
        var mean = Enumerable.Range(1, 64).Average(j => Likelihood(1.2 * 1.05 * Math.Pow(64 / 1.05, j / 64.0))) / Likelihood(1.2);

        Assert.Equal(Math.Log(mean), risk.LogEvidence(1.2), 9);
    }

    [Fact]
    public void Counts_of_one_share_add_up() =>
        Assert.Equal(new FailureCount(0.05, 5, 2), Assert.Single(RelativeRisk.Nothing.Plus(new(0.05, 2, 1)).Plus(new(0.05, 3, 1)).Counts));

    [Theory]
    [InlineData(100, 5, 1)]
    [InlineData(100, 50, 19)]
    public void The_estimate_is_the_odds_of_the_failures_over_those_of_the_share(long all, long candidate, double risk)
    {
        var test = RelativeRisk.Nothing.Plus(new(0.05, all, candidate));

        Assert.Equal(risk, test.Estimate()!.Value, 6);
        Assert.True(test.Interval(0.05).Contains(risk));
    }

    [Fact]
    public void F76_Without_failures_or_with_all_on_one_side_everything_is_defined()
    {
        var none = RelativeRisk.Nothing;
        var stableOnly = none.Plus(new(0.5, 400, 0));
        var candidateOnly = none.Plus(new(0.5, 400, 400));

        Assert.Null(none.Estimate());
        Assert.Equal(new Interval(0, double.PositiveInfinity), none.Interval(0.05));
        Assert.Equal(0, stableOnly.Estimate());
        Assert.InRange(stableOnly.Interval(0.05).High, 0, 0.2);
        Assert.Equal(double.PositiveInfinity, candidateOnly.Interval(0.05).High);
        Assert.True(candidateOnly.LogEvidence(1) > Math.Log(20));
        Assert.False(none.LogEvidence(1) >= Math.Log(20));
    }

    [Fact]
    public void The_interval_is_where_the_evidence_says_it_is()
    {
        var risk = RelativeRisk.Nothing.Plus(new(0.25, 200, 30));
        var interval = risk.Interval(0.05);

        Assert.True(risk.Excludes(interval.Low * 0.999, 0.05) && !risk.Excludes(interval.Low * 1.001, 0.05));
        Assert.True(risk.Excludes(interval.High * 1.001, 0.05) && !risk.Excludes(interval.High * 0.999, 0.05));
    }
}

using ControlPlane.Domain.Statistics;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Tests.Statistics;

/// <summary>Numbers of R's documentation, and of second implementations.</summary>
public sealed class ReferenceValues
{
    private static readonly double[] _sleep1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    private static readonly double[] _sleep2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    /// <summary><c>power.prop.test(p1 = .50, p2 = .75, power = .90)</c>.</summary>
    [Fact]
    public void Sample_size_of_proportions_is_Rs() => Assert.Equal(76.7, SampleSize.OfProportions(0.5, 0.75, 0.05, 0.9), 0.0767);

    /// <summary><c>power.t.test(power = .90, delta = 1)</c> and <c>power.t.test(n = 20, delta = 1, sd = 1)</c>.</summary>
    [Fact]
    public void Sample_size_of_means_is_Rs()
    {
        Assert.Equal(22.02110, SampleSize.OfMeans(1, 1, 0.05, 0.9), 0.001);
        Assert.Equal(0.8689528, SampleSize.PowerOfMeans(20, 1, 1, 0.05), 0.00001);
    }

    [Fact]
    public void Beyond_ten_thousand_degrees_of_freedom_it_goes_on_without_a_step() =>
        Assert.Equal(SampleSize.PowerOfMeans(4_999, 0.06, 1, 0.05), SampleSize.PowerOfMeans(5_003, 0.06, 1, 0.05), 0.0005);

    /// <summary><c>t.test(extra ~ group, data = sleep)</c>: t = -1.8608, df = 17.776, p = 0.07939, interval -3.3654832 to 0.2054832 of A − B.</summary>
    [Fact]
    public void Welch_is_Rs()
    {
        var found = FixedHorizon.Means(Sums.Of(_sleep1), Sums.Of(_sleep2), 0.05)!.Value;

        Assert.Equal(0.07939, found.PValue, 0.00001);
        Assert.Equal(-0.2054832, found.Interval.Low, 0.000001);
        Assert.Equal(3.3654832, found.Interval.High, 0.000001);
    }

    /// <summary><c>prop.test(c(15, 25), c(50, 50), correct = FALSE)</c>: X² = 4.1667, p = 0.04123.</summary>
    [Fact]
    public void Two_proportions_are_Rs() => Assert.Equal(0.04123, FixedHorizon.Proportions(15, 50, 25, 50, 0.05)!.Value.PValue, 0.00001);

    [Fact]
    public void F76_Nothing_to_compare_is_no_difference()
    {
        Assert.Null(FixedHorizon.Means(new Moments(1, 3, 0), new Moments(9, 3, 1), 0.05));
        Assert.Null(FixedHorizon.Means(new Moments(9, 3, 0), new Moments(9, 3, 0), 0.05));
        Assert.Null(FixedHorizon.Proportions(0, 0, 1, 10, 0.05));
        Assert.Equal(1, FixedHorizon.Proportions(0, 10, 0, 10, 0.05)!.Value.PValue);
    }

    /// <summary>The two forms of the formula: where the difference is the half-width, the p-value is α.</summary>
    [Theory]
    [InlineData(0.05, 400), InlineData(0.05, 5_000), InlineData(0.01, 1_000_000)]
    public void The_confidence_sequence_and_its_p_value_are_each_others_inverse(double alpha, double count)
    {
        Assert.Equal(alpha, ConfidenceSequence.PValue(ConfidenceSequence.HalfWidth(0.02, count, alpha), 0.02, count, alpha), 1e-9);
        Assert.True(ConfidenceSequence.OneSidedWidth(0.02, count, alpha) < ConfidenceSequence.HalfWidth(0.02, count, alpha));
    }

    /// <summary>√((−2 ln 0.05 + ln(1 − 2 ln 0.05)) / 5000), by hand.</summary>
    [Fact]
    public void Its_tuning_is_the_published_one() => Assert.Equal(0.039840, ConfidenceSequence.Rho(0.05, 5_000), 0.000001);

    [Fact]
    public void Looked_at_again_and_again_it_holds()
    {
        var random = new Random(3);
        var misses = 0;
        for (var run = 0; run < 400; run++)
        {
            var (a, b) = (Sums.None, Sums.None);
            for (var look = 0; look < 200; look++)
            {
                a = a.Plus(Sums.Of(Enumerable.Range(0, 25).Select(_ => random.NextDouble())));
                b = b.Plus(Sums.Of(Enumerable.Range(0, 25).Select(_ => random.NextDouble())));
                var error = Math.Sqrt(a.Variance() / a.Count + b.Variance() / b.Count);
                if (look < 2 || Math.Abs(b.Mean - a.Mean) <= ConfidenceSequence.HalfWidth(error, a.Count + b.Count, 0.05))
                    continue;
                misses++;
                break;
            }
        }

        Assert.InRange(misses / 400.0, 0, 0.065);
    }

    /// <summary>A second implementation: the product of what each next unit was expected with.</summary>
    [Theory]
    [InlineData(60, 40), InlineData(700, 500), InlineData(5, 0)]
    public void The_sample_ratio_factor_is_the_product_of_predictions(int a, int b)
    {
        double[] share = [0.5, 0.5];
        double[] seen = [0, 0];
        double log = 0;
        foreach (var arm in Enumerable.Repeat(0, a).Concat(Enumerable.Repeat(1, b)))
        {
            log += Math.Log((10_000 * share[arm] + seen[arm]) / (10_000 + seen[0] + seen[1]) / share[arm]);
            seen[arm]++;
        }

        Assert.Equal(log, Math.Log(SampleRatio.Of([a, b], share).BayesFactor), 1e-6);
    }

    /// <summary>χ² of 50.3 % in 20 000: (10 060 − 10 000)² / 10 000 × 2 = 0.72, p = 0.396.</summary>
    [Fact]
    public void A_ratio_as_planned_is_no_alarm_and_one_that_is_off_is()
    {
        var fine = SampleRatio.Of([10_060, 9_940], [0.5, 0.5]);

        Assert.True(fine.IsOk);
        Assert.Equal(0.396, fine.PValue, 0.001);
        Assert.False(SampleRatio.Of([52_000, 48_000], [0.5, 0.5]).IsOk);
        Assert.True(SampleRatio.Of([0, 0], [0.5, 0.5]).IsOk);
    }

    /// <summary>A second implementation: each unit's value less θ times its past, then the plain difference.</summary>
    [Fact]
    public void Cuped_is_the_difference_of_adjusted_values_and_narrower()
    {
        var random = new Random(5);
        (double Y, double X)[] Arm(double lift) => [.. Enumerable.Range(0, 500).Select(_ => random.NextDouble() * 10).Select(x => (x + random.NextDouble() + lift, x))];
        var (a, b) = (Arm(0), Arm(0.2));
        Pairs Of((double Y, double X)[] arm) => arm.Aggregate(Pairs.None, (sum, pair) => sum.Plus(pair.Y, pair.X));

        var (difference, error, theta) = Pairs.Cuped(Of(a), Of(b))!.Value;
        Moments Adjusted((double Y, double X)[] arm) => Sums.Of(arm.Select(pair => pair.Y - theta * pair.X));
        var (plainA, plainB) = (Adjusted(a), Adjusted(b));

        Assert.Equal(plainB.Mean - plainA.Mean, difference, 1e-9);
        Assert.Equal(Math.Sqrt(plainA.Variance() / 500 + plainB.Variance() / 500), error, 1e-9);
        Assert.InRange(difference, 0.2 - 4 * error, 0.2 + 4 * error);
        Assert.True(error < 0.2 * Math.Sqrt(Of(a).VarianceY / 500 * 2));
    }

    /// <summary>The delta method: as the variance of the mean of (y − R·x) / mean of x.</summary>
    [Fact]
    public void The_variance_of_a_ratio_is_that_of_its_linear_form()
    {
        var random = new Random(6);
        var units = Enumerable.Range(0, 400).Select(_ => 1 + random.Next(20)).Select(views => (Y: (double)random.Next(views + 1), X: (double)views)).ToArray();
        var (ratio, variance) = units.Aggregate(Pairs.None, (sum, unit) => sum.Plus(unit.Y, unit.X)).Ratio();

        Assert.Equal(units.Sum(unit => unit.Y) / units.Sum(unit => unit.X), ratio, 1e-9);
        Assert.Equal(Sums.Of(units.Select(unit => (unit.Y - ratio * unit.X) / units.Average(one => one.X))).Variance() / 400, variance, 1e-12);
    }

    [Fact]
    public void Moments_of_parts_are_the_moments_of_the_whole()
    {
        var whole = Sums.Of(_sleep1.Concat(_sleep2));
        var parts = Sums.Of(_sleep1).Plus(Sums.Of(_sleep2)).Plus(Sums.None);

        Assert.Equal((whole.Count, whole.Mean, whole.M2), (parts.Count, parts.Mean, parts.M2), (x, y) => x.Count == y.Count && Math.Abs(x.Mean - y.Mean) < 1e-12 && Math.Abs(x.M2 - y.M2) < 1e-9);
        Assert.Equal(3 * 7 / 10.0 / 10 * 10 / 9, Sums.OfCounts(3, 10).Variance(), 12);
    }
}

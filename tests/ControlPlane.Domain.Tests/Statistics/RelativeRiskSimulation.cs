using System.Globalization;
using ControlPlane.Domain.Statistics;

namespace ControlPlane.Domain.Tests.Statistics;

/// <summary>
/// Error rates of the sequential test, looked at every 100 requests up to 20 000, α = 0.05. What is expected comes from a simulation in another language:
/// false alarms at most 5 % and 1.5 points of chance, detection within 3 points, the median within 15 %.
/// </summary>
public sealed class RelativeRiskSimulation
{
    private const double Alpha = 0.05;
    private const int Looks = 200;
    private const int EachLook = 100;

    /// <summary>Ten thousand when <c>FUZZ_CASES</c> asks for a million.</summary>
    private static readonly int _runs = Math.Max(1_000, int.Parse(Environment.GetEnvironmentVariable("FUZZ_CASES") ?? "0", CultureInfo.InvariantCulture) / 100);

    [Theory]
    [InlineData(0.01, 0.05)]
    [InlineData(0.001, 0.05)]
    [InlineData(0.01, 0.5)]
    public void An_equal_candidate_is_taken_for_worse_at_most_as_often_as_alpha_says(double rate, double weight)
    {
        var (share, _) = Simulate(rate, rate, _ => weight, margin: 1);

        Assert.InRange(share, 0, Alpha + 0.015);
    }

    [Fact]
    public void Nor_on_a_ramp()
    {
        var (share, _) = Simulate(0.01, 0.01, look => look < 70 ? 0.05 : look < 140 ? 0.25 : 0.5, margin: 1);

        Assert.InRange(share, 0, Alpha + 0.015);
    }

    [Theory]
    [InlineData(0.01, 0.03, 0.938, 6_100)]
    [InlineData(0.001, 0.01, 0.951, 4_900)]
    public void A_bad_candidate_at_5_percent_is_found_as_often_and_as_early(double stable, double candidate, double detected, double median)
    {
        var (share, requests) = Simulate(stable, candidate, _ => 0.05, margin: 1);

        Assert.InRange(share, detected - 0.03, detected + 0.03);
        Assert.InRange(requests, median * 0.85, median * 1.15);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.2)]
    [InlineData(1.5)]
    public void What_the_margin_accepts_is_not_taken_for_worse(double risk)
    {
        var (share, _) = Simulate(0.01, 0.01 * risk, _ => 0.05, margin: 1.5);

        Assert.InRange(share, 0, Alpha + 0.015);
    }

    /// <summary>A hundredth of the units fails whenever it asks, wherever it is: counting each of its requests takes chance for harm.</summary>
    [Theory]
    [InlineData(true, 0, 0.065)]
    [InlineData(false, 0.15, 1)]
    public void Of_a_unit_that_keeps_failing_only_the_first_failure_may_count(bool firstOnly, double from, double to)
    {
        const int Runs = 300;
        const int Units = 2_000;
        var random = new Random(11);
        var alarms = 0;
        for (var run = 0; run < Runs; run++)
        {
            var (risk, failed) = (RelativeRisk.Nothing, new HashSet<int>());
            var isCandidate = Enumerable.Range(0, Units).Select(_ => random.NextDouble() < 0.5).ToArray();
            for (var look = 0; look < Looks; look++)
            {
                var (all, candidate) = (0, 0);
                for (var request = 0; request < EachLook; request++)
                {
                    var unit = random.Next(Units);
                    if (unit >= Units / 100 || firstOnly && !failed.Add(unit))
                        continue;
                    all++;
                    candidate += isCandidate[unit] ? 1 : 0;
                }

                risk = risk.Plus(new(0.5, all, candidate));
                if (risk.LogEvidence(1) < Math.Log(1 / Alpha))
                    continue;
                alarms++;
                break;
            }
        }

        Assert.InRange((double)alarms / Runs, from, to);
    }

    private static (double Share, double MedianRequests) Simulate(double stable, double candidate, Func<int, double> weightAt, double margin)
    {
        var random = new Random(20260503);
        var found = new List<double>();
        for (var run = 0; run < _runs; run++)
        {
            var risk = RelativeRisk.Nothing;
            for (var look = 0; look < Looks; look++)
            {
                var (all, ofCandidate, weight) = (0, 0, weightAt(look));
                for (var request = 0; request < EachLook; request++)
                {
                    var isCandidate = random.NextDouble() < weight;
                    if (random.NextDouble() >= (isCandidate ? candidate : stable))
                        continue;
                    all++;
                    ofCandidate += isCandidate ? 1 : 0;
                }

                risk = all == 0 ? risk : risk.Plus(new(weight, all, ofCandidate));
                if (all == 0 || risk.LogEvidence(margin) < Math.Log(1 / Alpha))
                    continue;
                found.Add((look + 1) * EachLook);
                break;
            }
        }

        found.Sort();
        return ((double)found.Count / _runs, found.Count == 0 ? double.NaN : found[found.Count / 2]);
    }
}

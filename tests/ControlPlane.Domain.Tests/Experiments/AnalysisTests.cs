using ControlPlane.Domain.Experiments;
using ControlPlane.Domain.Statistics;
using Serving.Contracts.State;

namespace ControlPlane.Domain.Tests.Experiments;

public sealed class AnalysisTests
{
    private static readonly ExperimentPlan _plan = new("outcome:click", MetricForm.Proportion, 0.02) { MinimumDuration = TimeSpan.FromDays(7) };

    /// <summary>The same by R: <c>power.prop.test(p1 = 0.1, p2 = 0.12, power = 0.8)</c> gives 3 840.8.</summary>
    [Fact]
    public void The_required_size_is_rounded_up() => Assert.Equal(3_841, Some.Value(_plan.RequiredPerArm(0.1)));

    [Theory]
    [InlineData(0, "experiment.minimumDetectableEffect"), InlineData(double.NaN, "experiment.minimumDetectableEffect")]
    public void An_effect_that_nothing_finds_is_refused(double effect, string field) =>
        Assert.Equal(field, Some.Refusal((_plan with { MinimumDetectableEffect = effect }).RequiredPerArm(0.1)).Field);

    [Fact]
    public void A_baseline_that_is_no_rate_is_refused() => Assert.Equal("baseline", Some.Refusal(_plan.RequiredPerArm(1)).Field);

    [Fact]
    public void Units_that_are_not_spread_as_planned_cover_every_result() =>
        Assert.Equal(ExperimentVerdict.NotValid, Of(_plan, 52_000, 5_200, 48_000, 7_000, days: 20).Verdict);

    [Fact]
    public void Before_the_planned_end_a_fixed_test_decides_nothing_however_clear_it_looks()
    {
        var early = Of(_plan, 1_000, 50, 1_000, 200, days: 20);
        var soon = Of(_plan, 10_000, 1_000, 10_000, 1_500, days: 3);

        Assert.Equal((ExperimentVerdict.NotEnoughEvidence, false), (early.Verdict, early.IsFinal));
        Assert.Equal(ExperimentVerdict.NotEnoughEvidence, soon.Verdict);
        Assert.Contains("do not stop on this", early.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_000, 1_200, ExperimentVerdict.Better), InlineData(1_000, 800, ExperimentVerdict.Worse), InlineData(1_000, 1_004, ExperimentVerdict.NoDifference)]
    public void At_the_planned_end_it_says_which(long a, long b, ExperimentVerdict verdict) => Assert.Equal(verdict, Of(_plan, 10_000, a, 10_000, b, days: 7).Verdict);

    [Fact]
    public void A_sequential_test_may_end_before_the_planned_size_but_not_before_its_days()
    {
        var plan = _plan with { Analysis = AnalysisForm.Sequential };

        Assert.Equal(ExperimentVerdict.Better, Of(plan, 2_000, 100, 2_000, 400, days: 8).Verdict);
        Assert.Equal(ExperimentVerdict.NotEnoughEvidence, Of(plan, 2_000, 100, 2_000, 400, days: 2).Verdict);
        Assert.Equal(ExperimentVerdict.NotEnoughEvidence, Of(plan, 2_000, 200, 2_000, 204, days: 8).Verdict);
    }

    [Fact]
    public void What_a_unit_did_before_narrows_the_interval()
    {
        var random = new Random(9);
        Pairs Arm(double lift) => Enumerable.Range(0, 3_000).Select(_ => random.NextDouble() * 100).Aggregate(Pairs.None, (sum, x) => sum.Plus(x + random.NextDouble() * 10 + lift, x));
        var plan = new ExperimentPlan("outcome:revenue", MetricForm.Mean, 5) { MinimumDuration = TimeSpan.Zero };
        ArmSample Sample(Pairs pairs) => new(3_000, new(3_000, pairs.MeanY, pairs.M2Y), pairs);
        var (a, b) = (Sample(Arm(0)), Sample(Arm(1)));

        var adjusted = Analysis.Of(plan, a, b, 0.5, TimeSpan.Zero);
        var plain = Analysis.Of(plan, a with { Before = null }, b with { Before = null }, 0.5, TimeSpan.Zero);

        Assert.Equal(ExperimentVerdict.Better, adjusted.Verdict);
        Assert.InRange(adjusted.Explained!.Value, 0.95, 1);
        Assert.True(adjusted.Effect!.Value.StandardError < plain.Effect!.Value.StandardError / 4);
    }

    [Fact]
    public void F85_A_unit_stays_in_the_arm_as_the_share_grows_and_comes_back_as_it_shrinks()
    {
        string[] units = [.. Enumerable.Range(0, 2_000).Select(i => $"u{i}")];
        HashSet<string> At(int weight, string salt = "r.1") => [.. units.Where(unit =>
            Assignment.Explain(salt, unit, [new("candidate", "new", weight), new("stable", "old", Bucket.Count - weight)])!.Arm == "candidate")];

        Assert.Superset(At(500), At(2_500));
        Assert.Equal(At(500), At(500));
        Assert.InRange(At(2_500).Count, 400, 600);
        Assert.NotEqual(At(2_500), At(2_500, "r.2"));
    }

    private static ExperimentReport Of(ExperimentPlan plan, long countA, long onesA, long countB, long onesB, double days) => Analysis.Of(
        plan, new(countA, Sums.OfCounts(onesA, countA)), new(countB, Sums.OfCounts(onesB, countB)), 0.5, TimeSpan.FromDays(days));
}

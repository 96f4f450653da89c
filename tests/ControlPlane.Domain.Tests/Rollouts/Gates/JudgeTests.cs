using System.Text.Json;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Domain.Statistics;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Tests.Rollouts.Gates;

public sealed class JudgeTests
{
    private static readonly Gate _errors = new() { Metric = GateMetrics.ErrorRate, AgainstStable = true, MinSamples = 100 };
    private static readonly StepTerms _terms = new(1, 1, 0.5, InForceFrom: 100, Steps: 1);

    [Theory]
    [InlineData("12:00:00", "11:59:30"), InlineData("12:00:24.999", "11:59:50"), InlineData("12:00:25", "12:00:00")]
    public void A_window_is_complete_fifteen_seconds_after_its_end(string now, string window) =>
        Assert.Equal(GateWindow.Default.Of(At(window)), GateWindow.Default.Watermark(At(now)));

    [Fact]
    public void Instances_of_one_window_are_added_up_and_it_is_judged_once()
    {
        ArmWindow[] rows = [.. Both(100, 50, 0, 0), .. Both(100, 30, 1, 0), .. Both(101, 10, 0, 0)];

        var first = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete(rows, 101));
        var again = Judge.Evaluate([_errors], _terms, first.Evidence, Measurements.Complete(rows, 101));

        Assert.Equal((2, 90, 90), (first.Held, first.StableSamples, first.CandidateSamples));
        Assert.Equal((first.Held, first.StableSamples), (again.Held, again.StableSamples));
        Assert.Equal(1, again.Evidence.Gates["error_rate"].Risk.All);
    }

    [Fact]
    public void F75_A_window_is_not_judged_before_the_watermark_nor_when_it_comes_after_it()
    {
        var waiting = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([.. Both(100, 50, 0, 9)], 99));
        var marked = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([.. Both(100, 50, 0, 9).Select(row => row with { IsLate = true })], 100));
        var passed = Judge.Evaluate([_errors], _terms, Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([], 110)).Evidence, Measurements.Complete([.. Both(105, 50, 0, 9)], 111));

        Assert.All([waiting, marked, passed], evaluation => Assert.Equal(0, evaluation.CandidateSamples));
    }

    [Fact]
    public void Windows_of_another_split_are_not_of_this_step()
    {
        var evaluation = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([.. Both(99, 500, 0, 400), .. Both(100, 50, 0, 0)], 100));

        Assert.Equal(50, evaluation.CandidateSamples);
        Assert.Equal(Verdict.NotEnoughEvidence, evaluation.Readings[0].Verdict);
    }

    [Fact]
    public void F75_F96_Five_minutes_without_measurements_say_so()
    {
        var evidence = new Evidence(1);
        var missing = new List<string?>();
        for (var window = 100; window < 135; window++)
        {
            var evaluation = Judge.Evaluate([_errors], _terms, evidence, new Measurements([], window, MeasuredThrough: 99));
            evidence = evaluation.Evidence;
            missing.Add(evaluation.Missing);
        }

        Assert.Null(missing[28]);
        Assert.Contains("No measurements since", missing[29], StringComparison.Ordinal);
        Assert.Equal(0, evidence.Held);
    }

    [Fact]
    public void A_release_that_refuses_what_the_stable_one_takes_is_worse_but_callers_mistakes_in_both_arms_are_not()
    {
        var refusing = Evaluate(_errors, stable: 0, candidate: 30);
        var careless = Evaluate(_errors, stable: 300, candidate: 300);
        var limited = Evaluate(_errors with { AgainstStable = false, Max = 0.01 }, stable: 0, candidate: 300);

        Assert.Equal(Verdict.Worse, refusing.Readings[0].Verdict);
        Assert.NotEqual(Verdict.Worse, careless.Readings[0].Verdict);
        Assert.NotEqual(Verdict.Worse, limited.Readings[0].Verdict);

        static Evaluation Evaluate(Gate gate, long stable, long candidate) => Judge.Evaluate([gate], _terms, new Evidence(1), Measurements.Complete(
            [.. Enumerable.Range(100, 10).SelectMany(window => Both(window, 500, 0, 0).Select(row => row with { Invalid = (row.Arm == GateArm.Stable ? stable : candidate) / 10 }))], 109));
    }

    [Fact]
    public void F74_Quiet_is_time_that_passes_but_no_samples()
    {
        var evidence = new Evidence(1);
        for (var window = 100; window < 200; window++)
            evidence = Judge.Evaluate([_errors], _terms, evidence, Measurements.Complete([], window)).Evidence;
        var reading = Judge.Evaluate([_errors], _terms, evidence, Measurements.Complete([], 200)).Readings[0];

        Assert.Equal(100, evidence.Held);
        Assert.Equal((Verdict.NotEnoughEvidence, 0, false), (reading.Verdict, reading.CandidateSamples, reading.AllowsNext));
    }

    [Fact]
    public void F90_A_clock_two_hours_ahead_skips_no_hold()
    {
        var before = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([.. Both(100, 50, 0, 0)], 100));
        var after = Judge.Evaluate([_errors], _terms, before.Evidence, Measurements.Complete([], 100 + 720));

        Assert.InRange(after.Held, before.Held, before.Held + Judge.MostQuiet);
    }

    [Fact]
    public void F91_A_clock_two_hours_behind_is_said_and_judges_no_window_twice()
    {
        var before = Judge.Evaluate([_errors], _terms with { InForceFrom = 0 }, new Evidence(1), Measurements.Complete([.. Both(1_000, 50, 0, 0)], 1_000));
        var behind = Judge.Evaluate([_errors], _terms with { InForceFrom = 0 }, before.Evidence, Measurements.Complete([.. Both(280, 50, 0, 0)], 280));
        var resumed = Judge.Evaluate([_errors], _terms with { InForceFrom = 0 }, Judge.BeginAnew(behind.Evidence, 280), Measurements.Complete([.. Both(280, 50, 0, 0), .. Both(281, 50, 0, 0)], 281));

        Assert.Contains("went back by 2:00:00", behind.Missing, StringComparison.Ordinal);
        Assert.Equal(before.Held, behind.Held);
        Assert.Equal((before.Held + 1, null), (resumed.Held, resumed.Missing));
    }

    [Fact]
    public void F79_Evidence_of_an_earlier_attempt_counts_for_nothing()
    {
        var first = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([.. Both(100, 500, 0, 90)], 100));
        var second = Judge.Evaluate([_errors], _terms with { Attempt = 2, InForceFrom = 101 }, first.Evidence, Measurements.Complete([.. Both(101, 500, 1, 1)], 101));

        Assert.Equal(Verdict.Worse, first.Readings[0].Verdict);
        Assert.Equal((Verdict.NotEnoughEvidence, 500), (second.Readings[0].Verdict, second.CandidateSamples));
    }

    [Fact]
    public void Failures_count_over_the_attempt_samples_over_the_step()
    {
        var first = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([.. Both(100, 500, 3, 4)], 100));
        var next = Judge.Evaluate([_errors], _terms with { Step = 2, Weight = 0.25, InForceFrom = 102 }, first.Evidence, Measurements.Complete([.. Both(102, 70, 1, 1)], 102));

        Assert.Equal((1, 70), (next.Held, next.CandidateSamples));
        Assert.Equal([new FailureCount(0.5, 7, 4), new FailureCount(0.25, 2, 1)], next.Evidence.Gates["error_rate"].Risk.Counts);
    }

    [Theory]
    [InlineData(10, 60, 0.0, Verdict.Worse)]
    [InlineData(100, 20, 0.0, Verdict.Better)]
    [InlineData(400, 400, 0.5, Verdict.NoWorse)]
    [InlineData(10, 12, 0.2, Verdict.NotEnoughEvidence)]
    public void F76_Says_better_no_worse_worse_or_that_it_does_not_know(int stable, int candidate, double maxIncrease, Verdict verdict)
    {
        var reading = Judge.Evaluate([_errors with { MaxIncrease = maxIncrease }], _terms, new Evidence(1), Measurements.Complete([.. Both(100, 10_000, stable, candidate)], 100)).Readings[0];

        Assert.Equal(verdict, reading.Verdict);
        Assert.True(reading.Low <= reading.Value && reading.Value <= reading.High);
    }

    [Fact]
    public void What_is_not_known_yet_comes_with_when_it_will_be()
    {
        var evidence = new Evidence(1);
        for (var window = 100; window < 110; window++)
            evidence = Judge.Evaluate([_errors], _terms with { Weight = 0.05 }, evidence, Measurements.Complete([Row(window, GateArm.Stable, 950, 10), Row(window, GateArm.Candidate, 50, window % 2)], window)).Evidence;

        // 1 % fails, 1 000 requests a window: about 6 700 for a threefold rate, 10 000 are in.
        var reading = Judge.Evaluate([_errors with { Harm = 1.5 }], _terms with { Weight = 0.05 }, evidence, Measurements.Complete([], 110)).Readings[0];

        Assert.InRange(reading.Eta!.Value.TotalMinutes, 10, 40);
    }

    [Fact]
    public void F76_No_failure_at_all_lets_a_step_end_where_no_proof_is_required()
    {
        var reading = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete([.. Both(100, 500, 0, 0)], 100)).Readings[0];

        Assert.Equal((Verdict.NotEnoughEvidence, true), (reading.Verdict, reading.AllowsNext));
        Assert.False((reading with { IsRequired = true }).AllowsNext);
    }

    [Theory]
    [InlineData(0, false), InlineData(double.NaN, false), InlineData(50, true)]
    public void F76_Means_that_do_not_vary_or_are_no_numbers_are_never_fine(double spread, bool isFine)
    {
        var gate = new Gate { Metric = GateMetrics.PredictionMean, AgainstStable = true, MaxDifference = 0.1 };
        ArmWindow Of(GateArm arm) => Row(100, arm, 1_000, 0) with { Prediction = new Moments(1_000, 0.3, spread) };

        var reading = Judge.Evaluate([gate], _terms, new Evidence(1), Measurements.Complete([Of(GateArm.Stable), Of(GateArm.Candidate)], 100)).Readings[0];

        Assert.Equal(isFine, reading.AllowsNext);
        Assert.Equal(isFine ? Verdict.NoWorse : Verdict.NotEnoughEvidence, reading.Verdict);
    }

    [Fact]
    public void F76_What_is_kept_can_be_written_and_read_again_whatever_was_measured()
    {
        Gate[] gates = [_errors, new() { Metric = GateMetrics.PredictionMean, AgainstStable = true, MaxDifference = 0.1 }, new() { Metric = "custom:cost", Max = 5, MinSamples = 1 }];
        ArmWindow Of(long window, double value) => Row(window, GateArm.Candidate, 100, 2) with { Prediction = new(100, value, 1), Values = new Dictionary<string, Moments> { ["custom:cost"] = new(100, value, 1) } };

        var evidence = Judge.Evaluate(gates, _terms, new Evidence(1), Measurements.Complete([Of(100, 1), Of(101, double.NaN), Of(102, double.PositiveInfinity)], 102)).Evidence;
        var read = JsonSerializer.Deserialize<Evidence>(JsonSerializer.Serialize(evidence))!;
        var (next, same) = (Judge.Evaluate(gates, _terms, evidence, Measurements.Complete([Of(103, 1)], 103)), Judge.Evaluate(gates, _terms, read, Measurements.Complete([Of(103, 1)], 103)));

        Assert.Equal(next.Readings, same.Readings);
        Assert.False(next.Readings[1].IsJudged);
        Assert.Equal(JsonSerializer.Serialize(next.Evidence), JsonSerializer.Serialize(same.Evidence));
        Assert.Equal([false, true, true, false], next.Evidence.Gates["custom:cost"].Recent);
    }

    [Theory]
    [InlineData("prediction_mean", 0.3, 0.5, Verdict.Worse), InlineData("prediction_mean", 0.5, 0.3, Verdict.Worse)]
    [InlineData("outcome:click", 0.5, 0.3, Verdict.Worse), InlineData("outcome:click", 0.3, 0.5, Verdict.Better)]
    [InlineData("custom:cost", 0.5, 0.3, Verdict.Better), InlineData("custom:cost", 0.3, 0.5, Verdict.Worse)]
    public void Which_way_is_worse_depends_on_what_is_measured(string metric, double stable, double candidate, Verdict verdict)
    {
        var gate = new Gate { Metric = metric, AgainstStable = true, MaxDifference = 0.1 };
        ArmWindow Of(GateArm arm, double mean) => Row(100, arm, 5_000, 0) with
        {
            Prediction = new Moments(5_000, mean, 500), Values = new Dictionary<string, Moments> { [metric] = new(5_000, mean, 500) },
        };

        Assert.Equal(verdict, Judge.Evaluate([gate], _terms, new Evidence(1), Measurements.Complete([Of(GateArm.Stable, stable), Of(GateArm.Candidate, candidate)], 100)).Readings[0].Verdict);
    }

    [Theory]
    [InlineData("11000", Verdict.NotEnoughEvidence), InlineData("10101", Verdict.Worse), InlineData("11100000", Verdict.NoWorse), InlineData("0000", Verdict.NoWorse), InlineData("011000011", Verdict.NotEnoughEvidence)]
    public void A_limit_is_broken_by_three_of_the_newest_five_windows(string overs, Verdict verdict)
    {
        var gate = new Gate { Metric = GateMetrics.LatencyP99, Max = 200, MinSamples = 100 };

        var evidence = new Evidence(1);
        Evaluation? evaluation = null;
        for (var i = 0; i < overs.Length; i++)
        {
            evaluation = Judge.Evaluate([gate], _terms, evidence, Measurements.Complete([Row(100 + i, GateArm.Candidate, 100, 0) with { Latency = Latency(100, overs[i] == '1' ? 2 : 1, 300) }], 100 + i));
            evidence = evaluation.Evidence;
        }

        Assert.Equal(verdict, evaluation!.Readings[0].Verdict);
    }

    [Fact]
    public void Windows_with_few_samples_wait_for_more()
    {
        var gate = new Gate { Metric = GateMetrics.ErrorRate, Max = 0.01, MinSamples = 100 };

        var some = Judge.Evaluate([gate], _terms, new Evidence(1), Measurements.Complete([Row(100, GateArm.Candidate, 60, 60)], 100));
        var enough = Judge.Evaluate([gate], _terms, some.Evidence, Measurements.Complete([Row(101, GateArm.Candidate, 60, 0)], 101));

        Assert.Equal((false, null), (some.Readings[0].AllowsNext, some.Readings[0].Value));
        Assert.Equal(0.5, enough.Readings[0].Value!.Value, 9);
    }

    [Fact]
    public void F63_Slow_answers_are_failures_of_the_latency_gate()
    {
        var gate = new Gate { Metric = GateMetrics.LatencyAbove, Limit = TimeSpan.FromMilliseconds(50), AgainstStable = true };

        var reading = Judge.Evaluate([gate], _terms, new Evidence(1), Measurements.Complete(
            [Row(100, GateArm.Stable, 1_000, 0) with { Latency = Latency(1_000, 10, 80) }, Row(100, GateArm.Candidate, 1_000, 0) with { Latency = Latency(1_000, 600, 80) }], 100)).Readings[0];

        Assert.Equal(Verdict.Worse, reading.Verdict);
        Assert.Equal(60, reading.Value!.Value, 1);
    }

    [Fact]
    public void Where_units_are_assigned_only_their_first_failures_count()
    {
        ArmWindow[] rows = [Row(100, GateArm.Stable, 1_000, 0) with { FirstFailures = new Dictionary<string, long>() }, Row(100, GateArm.Candidate, 1_000, 90) with { FirstFailures = new Dictionary<string, long> { ["error_rate"] = 2 } }];

        var evaluation = Judge.Evaluate([_errors], _terms, new Evidence(1), Measurements.Complete(rows, 100));

        Assert.Equal(2, evaluation.Evidence.Gates["error_rate"].Risk.All);
        Assert.Equal(Verdict.NotEnoughEvidence, evaluation.Readings[0].Verdict);
    }

    [Fact]
    public void Looked_at_every_window_an_equal_candidate_seldom_goes_back()
    {
        var random = new Random(4);
        var alarms = Enumerable.Range(0, 300).Count(_ => IsTakenBack(random, 0.01));

        Assert.InRange(alarms / 300.0, 0, 0.065);
        Assert.InRange(Enumerable.Range(0, 50).Count(_ => IsTakenBack(random, 0.03)), 45, 50);
    }

    private static bool IsTakenBack(Random random, double candidate)
    {
        var evidence = new Evidence(1);
        for (var window = 100; window < 200; window++)
        {
            var failed = Enumerable.Range(0, 100).Count(_ => random.NextDouble() < candidate);
            var evaluation = Judge.Evaluate([_errors], _terms, evidence, Measurements.Complete([.. Both(window, 100, Enumerable.Range(0, 100).Count(_ => random.NextDouble() < 0.01), failed)], window));
            evidence = evaluation.Evidence;
            if (evaluation.Readings[0].Verdict == Verdict.Worse)
                return true;
        }

        return false;
    }

    private static ArmWindow[] Both(long window, long requests, long stableErrors, long candidateErrors) =>
        [Row(window, GateArm.Stable, requests, stableErrors), Row(window, GateArm.Candidate, requests, candidateErrors)];

    private static ArmWindow Row(long window, GateArm arm, long requests, long errors) => new(window, arm) { Requests = requests, Errors = errors };

    private static LatencyHistogram Latency(int count, int slow, int slowMs)
    {
        var latency = new LatencyHistogram();
        for (var i = 0; i < count; i++)
            latency.Record(i < slow ? slowMs * 1000 : 10_000);
        return latency;
    }

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-05-03T{time}Z");
}

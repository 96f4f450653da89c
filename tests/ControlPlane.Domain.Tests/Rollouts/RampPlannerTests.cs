using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Tests.Rollouts;

public sealed class RampPlannerTests
{
    private static readonly Gate _gate = new() { Metric = GateMetrics.ErrorRate, AgainstStable = true, Harm = 3 };

    /// <summary>6 700 requests of both arms at 5 %, of which 335 are the candidate's: the published figure.</summary>
    [Fact]
    public void Says_how_long_a_threefold_rate_stays_unseen_and_who_meets_it()
    {
        var forecast = RampPlanner.Of(Plan(TimeSpan.FromHours(24), _gate), new Traffic(1, Rates("error_rate", 0.01), ActiveUnits: 1_000_000));

        Assert.Null(forecast.Refusal);
        Assert.InRange(forecast.Gates[0].Requests, 6_600, 6_800);
        var radius = Assert.Single(forecast.Radii);
        Assert.Equal(1, radius.Step);
        Assert.InRange(radius.After!.Value.TotalSeconds, 6_600, 6_800);
        Assert.InRange(radius.Requests, 330, 340);
        Assert.Equal(radius.Requests, radius.Users);
    }

    [Fact]
    public void Evidence_of_one_step_counts_in_the_next()
    {
        var forecast = RampPlanner.Of(Plan(TimeSpan.FromMinutes(60), _gate with { MinSamples = 1 }), new Traffic(1, Rates("error_rate", 0.01)));

        Assert.InRange(forecast.Gates[0].Progress, 0.5, 0.6);
        Assert.True(forecast.Gates[1].Progress > 1);
        Assert.Equal(2, forecast.Radii[0].Step);
        Assert.Null(forecast.Radii[0].Users);
    }

    [Fact]
    public void A_plan_that_cannot_find_the_harm_it_names_is_refused_with_what_it_would_take()
    {
        var forecast = RampPlanner.Of(Plan(TimeSpan.FromMinutes(1), _gate with { MinSamples = 1 }), new Traffic(0.1, Rates("error_rate", 0.001)));

        Assert.Equal(("HarmNotDetectable", "rollout.gates[0].harm"), (forecast.Refusal!.Code, forecast.Refusal.Field));
        Assert.Contains("Hold longer", forecast.Refusal.Message, StringComparison.Ordinal);
        Assert.Null(forecast.Radii[0].After);
    }

    [Fact]
    public void A_plan_that_names_no_harm_is_warned_only()
    {
        var forecast = RampPlanner.Of(Plan(TimeSpan.FromMinutes(1), _gate with { Harm = null, MinSamples = 1 }), new Traffic(0.1, Rates("error_rate", 0.001)));

        Assert.Null(forecast.Refusal);
        Assert.Single(forecast.Warnings);
    }

    [Fact]
    public void What_was_never_measured_is_said() =>
        Assert.Contains("without measurements", Assert.Single(RampPlanner.Of(Plan(TimeSpan.FromDays(1), _gate), new Traffic(10, Rates("x", 1))).Warnings), StringComparison.Ordinal);

    [Fact]
    public void A_shift_of_the_mean_takes_as_many_requests_as_make_the_interval_narrow()
    {
        var gate = new Gate { Metric = GateMetrics.PredictionMean, AgainstStable = true, MaxDifference = 0.05, Harm = 0.1 };

        var some = RampPlanner.Of(Plan(TimeSpan.FromDays(1), gate), new Traffic(10, Rates("prediction_mean", 0.3)));
        var wide = RampPlanner.Of(Plan(TimeSpan.FromDays(1), gate), new Traffic(10, Rates("prediction_mean", 0.6)));

        Assert.InRange(some.Gates[0].Requests, 1_000, 20_000);
        Assert.True(wide.Gates[0].Requests > 2 * some.Gates[0].Requests);
    }

    private static RolloutPlan Plan(TimeSpan hold, Gate gate) => Canary.Plan(
        needsApproval: false, [new(StepKind.Shift, 500) { Hold = hold }, new(StepKind.Shift, 2_500) { Hold = hold }, new(StepKind.Shift, 10_000)], [gate]);

    private static Dictionary<string, double> Rates(string gate, double rate) => new() { [gate] = rate };
}

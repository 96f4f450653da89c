using ControlPlane.Domain.Experiments;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Tests.Rollouts;

public sealed class PlanRulesTests
{
    private static readonly PlanSetting _setting = new("rel-old");
    private static readonly ExperimentPlan _experiment = new("outcome:click", MetricForm.Proportion, 0.02);

    public static TheoryData<string, RolloutPlan> Presets => new()
    {
        { "canary", Canary.Plan(needsApproval: true) },
        { "shadow", Shadow.Plan(needsApproval: false) },
        { "blueGreen", BlueGreen.Plan(needsApproval: false) },
        { "ab", AbTest.Plan(needsApproval: false, _experiment) },
        { "allAtOnce", AllAtOnce.Plan(needsApproval: false) },
        { "rollback", Rollback.Plan(isWarm: true) },
    };

    [Theory, MemberData(nameof(Presets))]
    public void Every_preset_is_a_valid_plan_of_its_name(string name, RolloutPlan plan)
    {
        Assert.Null(PlanRules.Check(plan, _setting));
        Assert.Equal(name, plan.Strategy);
    }

    [Fact]
    public void A_canary_takes_5_25_50_and_100_percent_a_week_each()
    {
        var plan = Canary.Plan(needsApproval: false);

        Assert.Equal([0, 500, 2_500, 5_000, 10_000], plan.Steps.Select(step => step.Weight));
        Assert.Equal([0, 7, 7, 7, 0], plan.Steps.Select(step => step.Hold.TotalDays));
        Assert.Equal(StepKind.Load, plan.Steps[0].Kind);
    }

    [Fact]
    public void Shadow_canary_and_full_make_one_plan()
    {
        var plan = Canary.Plan(needsApproval: false, [new(StepKind.Mirror, 0) { Mirror = 10_000, Hold = TimeSpan.FromDays(1) }, new(StepKind.Shift, 1_000) { Hold = TimeSpan.FromDays(1) }, new(StepKind.Shift, 10_000)]);

        Assert.Null(PlanRules.Check(plan, _setting));
        Assert.True(plan.Ships);
    }

    public static TheoryData<string, RolloutStep[]> BadSteps => new()
    {
        { "rollout.steps", [] },
        { "rollout.steps[0].weight", [new(StepKind.Shift, 12_000) { Hold = TimeSpan.FromDays(1) }, new(StepKind.Shift, 10_000)] },
        { "rollout.steps[0].weight", [new(StepKind.Shift, -5), new(StepKind.Shift, 10_000)] },
        { "rollout.steps[0].weight", [new(StepKind.Shift, 5_000) { Hold = TimeSpan.FromDays(1) }] },
        { "rollout.steps[0].mirror", [new(StepKind.Mirror, 100) { Mirror = 100 }, new(StepKind.Shift, 10_000)] },
        { "rollout.steps[0].mirror", [new(StepKind.Mirror, 0), new(StepKind.Shift, 10_000)] },
        { "rollout.steps[0].hold", [new(StepKind.Shift, 100) { Hold = TimeSpan.FromDays(-1) }, new(StepKind.Shift, 10_000)] },
        { "rollout.steps[0].minSamples", [new(StepKind.Shift, 100) { MinSamples = -1 }, new(StepKind.Shift, 10_000)] },
    };

    [Theory, MemberData(nameof(BadSteps))]
    public void Steps_that_make_no_sense_are_refused_by_name(string field, RolloutStep[] steps) =>
        Assert.Equal(field, PlanRules.Check(steps.Length == 0 ? Canary.Plan(false) with { Steps = [] } : Canary.Plan(false, steps), _setting)!.Field);

    public static TheoryData<string, Gate> BadGates => new()
    {
        { "metric", new() { Metric = "errors", Max = 0.1 } },
        { "metric", new() { Metric = "outcome:", AgainstStable = true, MaxDifference = 0.1 } },
        { "against", new() { Metric = "error_rate", MaxIncrease = 0.2 } },
        { "max", new() { Metric = "error_rate" } },
        { "max", new() { Metric = "error_rate", Max = 1.5 } },
        { "max", new() { Metric = "error_rate", Max = double.NaN } },
        { "max", new() { Metric = "error_rate", AgainstStable = true, Max = 0.1 } },
        { "maxIncrease", new() { Metric = "error_rate", AgainstStable = true, MaxIncrease = -0.1 } },
        { "maxIncrease", new() { Metric = "error_rate", AgainstStable = true, MaxDifference = 0.1 } },
        { "maxDifference", new() { Metric = "prediction_mean", AgainstStable = true } },
        { "maxDifference", new() { Metric = "prediction_mean", AgainstStable = true, MaxDifference = double.NaN } },
        { "against", new() { Metric = "latency_p99", AgainstStable = true } },
        { "limit", new() { Metric = "latency_above", AgainstStable = true } },
        { "limit", new() { Metric = "error_rate", AgainstStable = true, Limit = TimeSpan.FromSeconds(1) } },
        { "alpha", new() { Metric = "error_rate", AgainstStable = true, Alpha = 0 } },
        { "alpha", new() { Metric = "error_rate", AgainstStable = true, Alpha = double.NaN } },
        { "minSamples", new() { Metric = "error_rate", AgainstStable = true, MinSamples = 0 } },
        { "harm", new() { Metric = "error_rate", AgainstStable = true, MaxIncrease = 1, Harm = 1.5 } },
    };

    [Theory, MemberData(nameof(BadGates))]
    public void Gates_that_make_no_sense_are_refused_by_name(string field, Gate gate) =>
        Assert.Equal($"rollout.gates[0].{field}", PlanRules.Check(Canary.Plan(false, gates: [gate]), _setting)!.Field);

    [Fact]
    public void The_same_gate_twice_is_refused_and_two_limits_of_latency_are_not()
    {
        Gate Above(int ms) => new() { Metric = "latency_above", AgainstStable = true, Limit = TimeSpan.FromMilliseconds(ms) };

        Assert.Equal("rollout.gates[1].metric", PlanRules.Check(Canary.Plan(false, gates: [Above(50), Above(50)]), _setting)!.Field);
        Assert.Null(PlanRules.Check(Canary.Plan(false, gates: [Above(50), Above(100)]), _setting));
    }

    [Fact]
    public void Without_a_stable_release_nothing_can_be_shared_or_compared()
    {
        Assert.Equal(("NoStable", "rollout.steps[0].weight"), CodeAndField(Canary.Plan(false)));
        Assert.Equal(("NoStable", "rollout.steps[0].mirror"), CodeAndField(Shadow.Plan(false)));
        Assert.Null(PlanRules.Check(AllAtOnce.Plan(needsApproval: false), new(Stable: null)));
    }

    [Fact]
    public void Gates_that_nothing_would_look_at_are_refused() =>
        Assert.Equal("rollout.gates", PlanRules.Check(BlueGreen.Plan(false) with { Gates = Canary.DefaultGates }, _setting)!.Field);

    [Fact]
    public void A_protected_environment_asks_for_approval_but_never_for_going_back()
    {
        Assert.Equal("rollout.approval", PlanRules.Check(Canary.Plan(needsApproval: false), _setting with { IsProtected = true })!.Field);
        Assert.Null(PlanRules.Check(Rollback.Plan(isWarm: true), _setting with { IsProtected = true }));
    }

    [Fact]
    public void An_experiment_needs_units_a_metric_and_one_share()
    {
        Assert.Equal("rollout.experiment", PlanRules.Check(AbTest.Plan(false, _experiment) with { Experiment = null }, _setting)!.Field);
        Assert.Equal("rollout.experiment", PlanRules.Check(AbTest.Plan(false, _experiment), _setting with { IsAssignedByUnit = false })!.Field);
        Assert.Equal("rollout.experiment.metric", PlanRules.Check(AbTest.Plan(false, _experiment with { Metric = "clicks" }), _setting)!.Field);
    }

    [Fact]
    public void H19_Whatever_is_changed_makes_another_hash()
    {
        var plan = Canary.Plan(needsApproval: true) with { Release = "rel-new" };
        RolloutPlan[] others =
        [
            plan with { Release = "rel-other" }, plan with { Steps = [.. plan.Steps.Take(1), .. plan.Steps.Skip(2)] }, plan with { Gates = [plan.Gates[0] with { Alpha = 0.1 }] },
            plan with { NeedsApproval = false }, plan with { CoolDown = TimeSpan.Zero }, plan with { Steps = [.. plan.Steps.Select(step => step with { MinSamples = 1 })] },
        ];

        Assert.Equal(PlanHash.Of(plan), PlanHash.Of(plan with { Gates = [.. plan.Gates] }));
        Assert.DoesNotContain(PlanHash.Of(plan), others.Select(PlanHash.Of));
        Assert.Equal(others.Length, others.Select(PlanHash.Of).Distinct().Count());
    }

    private static (string, string?) CodeAndField(RolloutPlan plan)
    {
        var refusal = PlanRules.Check(plan with { Gates = [] }, new(Stable: null))!;
        return (refusal.Code, refusal.Field);
    }
}

using System.Text.Json.Nodes;
using ControlPlane.Domain.Experiments;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Rollouts.Documents;

/// <summary>The <c>rollout</c> part of an endpoint's document, and of the body that makes a rollout.</summary>
public static class RolloutDocument
{
    /// <returns>A plan that was read, not yet held against an endpoint (<see cref="PlanRules"/>); refused by the member's name.</returns>
    public static Outcome<RolloutPlan> Read(JsonNode? document)
    {
        var defects = new Defects();
        var plan = Members.Of(document, "rollout", defects) is { } members ? Plan(members, defects) : null;
        return defects.First is { } refusal ? refusal : plan!;
    }

    private static RolloutPlan? Plan(Members from, Defects defects)
    {
        var strategy = from.OneOf("strategy", [.. Strategies.All.Where(name => name != Strategies.Rollback)]) ?? Strategies.Canary;
        var needsApproval = from.Is("approval", "required", "none");
        var steps = from.List("steps", (node, field) => Step(node, field, defects));
        var gates = from.List("gates", (node, field) => Gate(node, field, defects));
        var experiment = from.Find("experiment") is { } asked ? Experiment(asked, defects) : null;
        var (keep, coolDown) = (from.Time("keep"), from.Time("coolDown"));
        from.NothingElse();
        if (steps is not null && (strategy is Strategies.AllAtOnce or Strategies.BlueGreen))
            defects.Add("rollout.steps", $"rollout.steps: {strategy} has none; it loads everywhere and switches at once.");
        if (keep is not null && strategy != Strategies.BlueGreen)
            defects.Add("rollout.keep", "rollout.keep belongs to blueGreen: how long blue stays in memory.");
        if (experiment is null && strategy == Strategies.Ab)
            defects.Add("rollout.experiment", "rollout.experiment must say what the A/B test is to find.");
        if (defects.First is not null)
            return null;

        var plan = strategy switch
        {
            Strategies.AllAtOnce => AllAtOnce.Plan(needsApproval),
            Strategies.BlueGreen => BlueGreen.Plan(needsApproval, keep),
            Strategies.Ab when steps is null => AbTest.Plan(needsApproval, experiment!),
            Strategies.Ab => AbTest.Plan(needsApproval, experiment!) with { Steps = Canary.Loaded(steps) },
            Strategies.Shadow when steps is null => Shadow.Plan(needsApproval),
            Strategies.Shadow => Shadow.Plan(needsApproval) with { Steps = Canary.Loaded(steps) },
            _ => Canary.Plan(needsApproval, steps),
        };
        return plan with { Gates = gates ?? plan.Gates, Experiment = experiment, CoolDown = coolDown ?? plan.CoolDown };
    }

    private static RolloutStep? Step(JsonNode? node, string field, Defects defects)
    {
        if (Members.Of(node, field, defects) is not { } from)
            return null;
        var (weight, stable, mirror) = (from.BasisPoints("weight"), from.BasisPoints("stable"), from.BasisPoints("mirror"));
        var step = new RolloutStep(mirror is null ? StepKind.Shift : StepKind.Mirror, weight ?? 0)
        {
            Mirror = mirror ?? 0,
            Hold = from.Time("hold") ?? TimeSpan.Zero,
            MinSamples = from.Whole("minSamples") ?? 0,
            NeedsApproval = from.Is("approval", "required", "none"),
        };
        from.NothingElse();
        if (weight is null == mirror is null)
            defects.Add($"{field}.weight", $"{field}: a step has a weight or a mirror, and not both.");
        if (stable is { } rest && rest + step.Weight != RolloutPlan.Everything)
            defects.Add($"{field}.stable", $"{field}: the shares sum to {(rest + step.Weight) / 100.0:0.##} %, not to 100 %.");
        return step;
    }

    private static Gate? Gate(JsonNode? node, string field, Defects defects)
    {
        if (Members.Of(node, field, defects) is not { } from)
            return null;
        var metric = from.Text("metric");
        if (metric is null)
            defects.Add($"{field}.metric", $"{field}.metric must name what is measured.");
        var gate = new Gate
        {
            Metric = metric ?? "",
            AgainstStable = from.OneOf("against", "stable") is not null,
            Limit = from.Time("limit"),
            MaxIncrease = from.Ratio("maxIncrease"),
            MaxDifference = from.Ratio("maxDifference"),
            Max = metric == GateMetrics.LatencyP99 ? from.Time("max")?.TotalMilliseconds : from.Ratio("max"),
            Alpha = from.Number("alpha") ?? 0.05,
            MinSamples = from.Whole("minSamples"),
            RequireNoWorse = from.OneOf("require", "noWorse") is not null,
            OnBreach = from.Is("onBreach", "pause", "rollBack") ? BreachAction.Pause : BreachAction.RollBack,
            Worse = from.OneOf("worse", "higher", "lower", "either") switch { "higher" => WorseWhen.Higher, "lower" => WorseWhen.Lower, "either" => WorseWhen.Either, _ => null },
            Harm = from.Number("harm"),
        };
        from.NothingElse();
        return gate;
    }

    private static ExperimentPlan? Experiment(JsonNode node, Defects defects)
    {
        if (Members.Of(node, "rollout.experiment", defects) is not { } from)
            return null;
        var metric = from.Text("metric");
        if (metric is null)
            defects.Add("rollout.experiment.metric", "rollout.experiment.metric must name an outcome, such as outcome:click.");
        var plan = new ExperimentPlan(
            metric ?? "", from.Is("form", "mean", "proportion") ? MetricForm.Mean : MetricForm.Proportion, from.Ratio("minimumDetectableEffect") ?? 0, from.Number("alpha") ?? 0.05, from.Ratio("power") ?? 0.8)
        {
            MinimumDuration = from.Time("minimumDuration") ?? TimeSpan.FromDays(14),
            Analysis = from.Is("analysis", "sequential", "fixed") ? AnalysisForm.Sequential : AnalysisForm.Fixed,
            LowerIsBetter = from.Is("better", "lower", "higher"),
        };
        from.NothingElse();
        return plan;
    }
}

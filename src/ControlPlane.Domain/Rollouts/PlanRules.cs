using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What a plan is held against.</summary>
/// <param name="Stable">The release that serves now; null: none.</param>
/// <param name="IsProtected">The environment asks for approval.</param>
/// <param name="IsAssignedByUnit">The endpoint names an assignment key.</param>
public sealed record PlanSetting(string? Stable, bool IsProtected = false, bool IsAssignedByUnit = true);

/// <summary>Whether a plan makes sense; the first thing that does not, with the member's name.</summary>
public static class PlanRules
{
    public const int MostSteps = 50;
    public const int MostGates = 20;

    private static readonly TimeSpan _longest = TimeSpan.FromDays(365);

    /// <returns>Null: it does.</returns>
    public static Refusal? Check(RolloutPlan plan, PlanSetting setting)
    {
        if (!Strategies.All.Contains(plan.Strategy))
            return Refusal.Invalid("rollout.strategy", $"rollout.strategy must be one of {string.Join(", ", Strategies.All)}.");
        if (plan.Steps.Count is 0 or > MostSteps)
            return Refusal.Invalid("rollout.steps", $"rollout.steps must hold 1 to {MostSteps} steps.");
        for (var i = 0; i < plan.Steps.Count; i++)
        {
            if (Check(plan.Steps[i], Name(plan, i), setting) is { } refusal)
                return refusal;
        }

        return Shape(plan, setting) ?? GatesOf(plan, setting);
    }

    /// <summary>As its author counts: the step that loads, which comes first by itself, is in no document.</summary>
    private static string Name(RolloutPlan plan, int step) => $"rollout.steps[{(plan.Steps[0].Kind == StepKind.Load ? Math.Max(0, step - 1) : step)}]";

    private static Refusal? Check(RolloutStep step, string field, PlanSetting setting)
    {
        if (step.Weight is < 0 or > RolloutPlan.Everything)
            return Refusal.Invalid($"{field}.weight", $"{field}.weight must be between 0 and 100 %; {step.Weight / 100.0:0.##} % leaves {(RolloutPlan.Everything - step.Weight) / 100.0:0.##} % to the stable release, and shares sum to 100 %.");
        if (step.Mirror is < 0 or > RolloutPlan.Everything)
            return Refusal.Invalid($"{field}.mirror", $"{field}.mirror must be between 0 and 100 %.");
        if (step is { Weight: > 0, Mirror: > 0 })
            return Refusal.Invalid($"{field}.mirror", $"{field}: a step mirrors or moves traffic, not both.");
        if (step.Kind == StepKind.Mirror != step.Mirror > 0)
            return Refusal.Invalid($"{field}.mirror", $"{field}.mirror must be above 0 in a step that mirrors, and only there.");
        if (step.Hold < TimeSpan.Zero || step.Hold > _longest)
            return Refusal.Invalid($"{field}.hold", $"{field}.hold must be between 0 and 365d.");
        if (step.MinSamples is < 0 or > 1_000_000_000_000)
            return Refusal.Invalid($"{field}.minSamples", $"{field}.minSamples must be between 0 and 10^12.");
        if (step is { Kind: StepKind.Load } and ({ Weight: > 0 } or { Holds: true }))
            return Refusal.Invalid(field, $"{field}: a step that loads moves no traffic and does not hold.");
        if (setting.Stable is null && (step.Mirror > 0 || step is { Kind: StepKind.Shift, Weight: < RolloutPlan.Everything }))
        {
            return new Refusal("NoStable", $"{field}: the endpoint serves nothing yet, so there is no stable release to take the other {(RolloutPlan.Everything - step.Weight) / 100.0:0.##} %. Bring the first release with strategy allAtOnce.",
                RefusalKind.Invalid, $"{field}.{(step.Mirror > 0 ? "mirror" : "weight")}");
        }

        return null;
    }

    private static Refusal? Shape(RolloutPlan plan, PlanSetting setting)
    {
        var last = Name(plan, plan.Steps.Count - 1);
        if (!plan.Ships && plan.Strategy is not (Strategies.Shadow or Strategies.Ab))
            return Refusal.Invalid($"{last}.weight", $"{last}.weight: the last step must move 100 % of traffic; a plan that ends at {plan.Steps[^1].Weight / 100.0:0.##} % would never be completed. Strategies shadow and ab end where they began.");
        if (plan.Strategy == Strategies.Ab && plan.Experiment is null)
            return Refusal.Invalid("rollout.experiment", "rollout.experiment must say what the A/B test is to find.");
        if (plan.Experiment?.Check("rollout.experiment") is { } refusal)
            return refusal;
        if (plan.Experiment is { } experiment && !(experiment.Metric.StartsWith(GateMetrics.Outcome, StringComparison.Ordinal) && GateMetrics.KindOf(experiment.Metric) is not null))
            return Refusal.Invalid("rollout.experiment.metric", "rollout.experiment.metric must be outcome: and the name of an outcome.");
        if (plan.Experiment is not null && !setting.IsAssignedByUnit)
            return Refusal.Invalid("rollout.experiment", "An experiment assigns units: give the endpoint an assignmentKey.");
        if (plan.Experiment is not null && plan.Steps.Count(step => step.Weight is > 0 and < RolloutPlan.Everything) != 1)
            return Refusal.Invalid("rollout.steps", "An A/B test keeps one share from beginning to end.");
        if (setting.IsProtected && !plan.NeedsApproval && plan.Strategy != Strategies.Rollback)
            return Refusal.Invalid("rollout.approval", "rollout.approval must be required: the environment is protected.");
        if (plan.CoolDown < TimeSpan.Zero || plan.CoolDown > _longest)
            return Refusal.Invalid("rollout.coolDown", "rollout.coolDown must be between 0 and 365d.");
        return plan.KeepFor is { } keep && (keep < TimeSpan.Zero || keep > _longest) ? Refusal.Invalid("rollout.keep", "rollout.keep must be between 0 and 365d.") : null;
    }

    private static Refusal? GatesOf(RolloutPlan plan, PlanSetting setting)
    {
        if (plan.Gates.Count > MostGates)
            return Refusal.Invalid("rollout.gates", $"rollout.gates must hold at most {MostGates} gates.");
        if (plan.Gates.Count > 0 && !plan.Steps.Any(step => step.Holds))
            return Refusal.Invalid("rollout.gates", "No step holds, so no gate would ever be looked at. Give a step a hold or minSamples.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < plan.Gates.Count; i++)
        {
            var field = $"rollout.gates[{i}]";
            if (GateRules.Check(plan.Gates[i], field) is { } refusal)
                return refusal;
            if (!names.Add(plan.Gates[i].Name))
                return Refusal.Invalid($"{field}.metric", $"{field}: {plan.Gates[i].Name} is there twice.");
            if (plan.Gates[i].AgainstStable && setting.Stable is null)
                return new Refusal("NoStable", $"{field}.against: the endpoint serves nothing yet, so there is no stable release to compare with. Use max.", RefusalKind.Invalid, $"{field}.against");
        }

        return null;
    }
}

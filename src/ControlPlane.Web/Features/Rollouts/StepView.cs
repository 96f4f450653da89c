using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>One step of the plan as the track draws it.</summary>
/// <param name="Title">The share it asks for.</param>
/// <param name="Percent">Of traffic, 0 to 100.</param>
/// <param name="From">That of the step before.</param>
/// <param name="Class">done, cur, next or bad.</param>
/// <param name="Done">Share of the hold that is over, 0 to 1; null: it does not hold, or it is not its turn.</param>
public sealed record StepView(int Index, string Title, double Percent, double From, string Class, Mark Mark, double? Done, IReadOnlyList<string> Lines)
{
    public static IReadOnlyList<StepView> Of(Rollout rollout, RolloutEvidence? evidence, GateWindow window) =>
        [.. rollout.Plan.Steps.Select((step, index) => Of(rollout, step, index, index == 0 ? 0 : PercentOf(rollout.Plan.Steps[index - 1]), evidence, window))];

    /// <summary>A plan that has not begun; that every node loads first is said elsewhere.</summary>
    public static IReadOnlyList<StepView> Planned(RolloutPlan plan) =>
    [
        .. plan.Steps.Where(step => step.Kind != StepKind.Load).Select((step, index) => new StepView(
            index, TitleOf(step), PercentOf(step), index == 0 ? 0 : PercentOf(plan.Steps[plan.Steps.Count(load => load.Kind == StepKind.Load) + index - 1]), "next", new Mark("ready", index == 0 ? "First" : "Then"), null, [.. Words(step, null, GateWindow.Default)])),
    ];

    private static string TitleOf(RolloutStep step) => step.Kind == StepKind.Load ? "Load" : $"{PercentOf(step):0.##} %";

    private static StepView Of(Rollout rollout, RolloutStep step, int index, double before, RolloutEvidence? evidence, GateWindow window)
    {
        var state = rollout.State;
        var isBack = state.Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack or RolloutPhase.Aborted;
        var standing = index < state.Step || state.Phase == RolloutPhase.Completed ? "done" : index > state.Step ? "next" : isBack ? "bad" : state.Step < 0 ? "next" : "cur";
        var mark = standing switch
        {
            "done" => new Mark("check", "Done", "ok"),
            "bad" => new Mark("undo", "Went back", "bad"),
            "cur" when state.Phase == RolloutPhase.Progressing => new Mark("play", "Now", "cand"),
            "cur" => RolloutMarks.Of(state.Phase.ToString()),
            _ => new Mark("ready", "Next"),
        };
        var held = standing == "cur" && step.Holds && evidence?.Evidence is { } seen && seen.Attempt == state.Attempt && seen.Step == index ? seen : null;
        return new(
            index,
            TitleOf(step),
            PercentOf(step),
            before,
            standing,
            mark,
            held is not null && step.Hold > TimeSpan.Zero ? Math.Clamp(window.Time(held.Held) / step.Hold, 0, 1) : null,
            [.. Words(step, held, window)]);
    }

    private static double PercentOf(RolloutStep step) => Math.Max(step.Weight, step.Mirror) / 100d;

    private static IEnumerable<string> Words(RolloutStep step, Evidence? held, GateWindow window)
    {
        if (step.Kind == StepKind.Load)
            yield return "on every node, no traffic";
        if (step.Hold > TimeSpan.Zero)
            yield return held is null ? $"at least {Figures.Duration(step.Hold)}" : $"{Figures.Duration(window.Time(held.Held))} of {Figures.Duration(step.Hold)}";
        if (step.MinSamples > 0)
            yield return held is null ? $"at least {Figures.Plural(step.MinSamples, "request")} an arm" : $"{Figures.Count(Math.Min(held.StableSamples, held.CandidateSamples))} of {Figures.Plural(step.MinSamples, "request")} an arm";
        if (step.Mirror > 0)
            yield return "copies of requests";
        if (step.NeedsApproval)
            yield return "approved by another person first";
    }
}

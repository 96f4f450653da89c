using ControlPlane.Domain.Primitives;
using static ControlPlane.Domain.Rollouts.RolloutAction;
using static ControlPlane.Domain.Rollouts.RolloutPhase;

namespace ControlPlane.Domain.Rollouts;

/// <summary>The state machine of every rollout, whatever its strategy: <c>(plan, state, event) → transition</c>, or a refusal.</summary>
public static class RolloutMachine
{
    public static Outcome<Transition> Next(RolloutPlan plan, RolloutState state, RolloutEvent happened) => happened switch
    {
        RolloutEvent.Ticked tick => Tick(plan, state, tick),
        RolloutEvent.TakenOver taken when !state.IsOver => Enter(state, Superseded, taken.At, "supersede", $"Superseded by {taken.By}"),
        RolloutEvent.TakenOver => Stay(state),
        RolloutEvent.Asked asked when StateActions.Refusal(state.Phase, asked.Action) is { } refusal => refusal,
        RolloutEvent.Asked asked => Ask(plan, state, asked),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "Unknown event"),
    };

    private static Outcome<Transition> Ask(RolloutPlan plan, RolloutState state, RolloutEvent.Asked asked) => (state.Phase, asked.Action) switch
    {
        (_, Submit) => Enter(state, plan.NeedsApproval ? AwaitingApproval : Ready, asked.At, "submit", asked.Reason),
        (_, Approve) => Enter(state, Ready, asked.At, "approve", asked.Reason),
        (_, Reject) => Enter(state, Draft, asked.At, "reject", asked.Reason),
        (_, Start) => EnterStep(plan, state, 0, asked.At, "start", asked.Reason),
        (_, Pause) => Enter(state, Paused, asked.At, "pause", asked.Reason),
        (_, Resume) => Enter(state, Progressing, asked.At, "resume", asked.Reason),
        (_, Advance) when state.Step + 1 < plan.Steps.Count => EnterStep(plan, state, state.Step + 1, asked.At, "advance", asked.Reason),
        (_, Advance) => new Refusal("NotAllowedInThisState", "The last step is under way already; it ends when every reachable node has acknowledged it."),
        (_, Promote) => EnterStep(plan, state, plan.Steps.Count - 1, asked.At, "promote", asked.Reason),
        (Draft or AwaitingApproval or Ready, Abort) => Enter(state, Aborted, asked.At, "abort", asked.Reason),
        (_, Abort) => GoBack(state, Aborted, asked.At, "abort", asked.Reason),
        (_, Retry) => new Transition(RolloutState.Draft(state.Attempt + 1, asked.At), "retry", asked.Reason, ChangesDesiredState: false),
        _ => throw new ArgumentOutOfRangeException(nameof(asked), asked.Action, "Unknown action"),
    };

    /// <summary>A tick may come late or twice: what does not fit the state changes nothing.</summary>
    private static Outcome<Transition> Tick(RolloutPlan plan, RolloutState state, RolloutEvent.Ticked tick) => state.Phase switch
    {
        Progressing => Progress(plan, state, tick.Facts, tick.At),
        RollingBack when tick.Facts.Acknowledged >= tick.Facts.Reachable =>
            Enter(state, state.Cause ?? Aborted, tick.At, state.Cause == RolledBack ? "rollBack" : "abort", state.Reason ?? ""),
        _ => Stay(state),
    };

    private static Outcome<Transition> Progress(RolloutPlan plan, RolloutState state, StepFacts facts, DateTimeOffset at)
    {
        var step = plan.Steps[state.Step];
        if (step.Kind == StepKind.Load && facts.Refused.Count > 0)
            return Enter(state, Paused, at, "pause", $"Refused by {string.Join("; ", facts.Refused)}");
        if (facts.Reachable == 0)
            return Stay(state);
        if (step.Kind == StepKind.Load)
            return facts.Warm == facts.Reachable ? EnterStep(plan, state, state.Step + 1, at, "advance", $"Loaded by {facts.Warm} of {facts.Reachable} nodes") : Stay(state);
        if (facts.Acknowledged < facts.Reachable)
            return Stay(state);
        return state.Step + 1 < plan.Steps.Count
            ? EnterStep(plan, state, state.Step + 1, at, "advance", $"Acknowledged by {facts.Acknowledged} of {facts.Reachable} nodes")
            : Enter(state, Completed, at, "complete", $"Acknowledged by {facts.Acknowledged} of {facts.Reachable} nodes");
    }

    private static Transition EnterStep(RolloutPlan plan, RolloutState state, int index, DateTimeOffset at, string action, string reason) => new(
        state with { Phase = Progressing, Step = index, Weight = plan.Steps[index].Weight, EnteredAt = at, Reason = null },
        action, reason, ChangesDesiredState: true);

    private static Transition GoBack(RolloutState state, RolloutPhase cause, DateTimeOffset at, string action, string reason) => new(
        state with { Phase = RollingBack, Weight = 0, EnteredAt = at, Reason = reason, Cause = cause },
        action, reason, ChangesDesiredState: true);

    private static Transition Enter(RolloutState state, RolloutPhase phase, DateTimeOffset at, string action, string reason) => new(
        state with { Phase = phase, EnteredAt = at, Reason = reason.Length == 0 ? null : reason },
        action, reason, ChangesDesiredState: state.IsUnderWay && phase is Completed or Aborted or RolledBack);

    private static Transition Stay(RolloutState state) => new(state, null, "", ChangesDesiredState: false);
}

/// <param name="Action">Verb for the decision log; null: nothing happened.</param>
/// <param name="ChangesDesiredState">A new revision is due, in the same transaction.</param>
public sealed record Transition(RolloutState State, string? Action, string Reason, bool ChangesDesiredState);

using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts.Gates;
using static ControlPlane.Domain.Rollouts.RolloutAction;
using static ControlPlane.Domain.Rollouts.RolloutPhase;

namespace ControlPlane.Domain.Rollouts;

/// <summary>The state machine of every rollout, whatever its strategy: <c>(plan, state, event) → transition</c>, or a refusal.</summary>
public static class RolloutMachine
{
    /// <summary>How long a way back waits for nodes before it can be ended without them.</summary>
    public static readonly TimeSpan ForceAfter = TimeSpan.FromSeconds(60);

    public static Outcome<Transition> Next(RolloutPlan plan, RolloutState state, RolloutEvent happened) => happened switch
    {
        RolloutEvent.Ticked tick => StepTick.Next(plan, state, tick),
        RolloutEvent.TakenOver taken when !state.IsOver => Moves.Enter(state, Superseded, taken.At, "supersede", $"Superseded by {taken.By}"),
        RolloutEvent.TakenOver => Moves.Stay(state),
        RolloutEvent.Asked asked when StateActions.Refusal(state.Phase, asked.Action) is { } refusal => refusal,
        RolloutEvent.Asked asked => Ask(plan, state, asked),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "Unknown event"),
    };

    private static Outcome<Transition> Ask(RolloutPlan plan, RolloutState state, RolloutEvent.Asked asked) => (state.Phase, asked.Action) switch
    {
        (_, Submit) => Moves.Enter(state with { ApprovedPlan = null }, plan.NeedsApproval ? AwaitingApproval : Ready, asked.At, "submit", asked.Reason),
        (_, Approve) when asked.PlanHash is { } seen && seen != PlanHash.Of(plan) => Stale("The plan was changed after it was looked at. Look at the difference and decide again."),
        (_, Approve) when state.IsUnderWay => Moves.EnterStep(plan, state, state.Pending ?? state.Step + 1, asked.At, "approve", asked.Reason),
        (_, Approve) => Moves.Enter(state with { ApprovedPlan = PlanHash.Of(plan) }, Ready, asked.At, "approve", asked.Reason),
        // Traffic stays where it was accepted: not going on is not going back.
        (_, Reject) when state.IsUnderWay => Moves.Enter(state with { Pending = null }, Paused, asked.At, "reject", asked.Reason),
        (_, Reject) => Moves.Enter(state, Draft, asked.At, "reject", asked.Reason),
        (_, Edit) when state.IsUnderWay => new Refusal("NotAllowedInThisState", "A plan cannot be changed while it is carried out. Abort this rollout, or wait for its end."),
        (_, Edit) => Edited(plan, state, asked),
        (_, Delete) => new Transition(state, "delete", asked.Reason, ChangesDesiredState: false),
        (_, Start) when plan.NeedsApproval && state.ApprovedPlan != PlanHash.Of(plan) => Stale("What was approved is another plan than this one. It has to be approved again before it starts."),
        (_, Start) => Moves.EnterStep(plan, state, 0, asked.At, "start", asked.Reason),
        (_, Pause) => Moves.Enter(state, Paused, asked.At, "pause", asked.Reason),
        (Inconclusive, Resume) => Moves.Enter(state with { HeldBefore = null, AwaitsNodes = false }, Progressing, asked.At, "resume", asked.Reason) with { Effects = [new RolloutEffect.JudgeAnew()] },
        (_, Resume) => Moves.Enter(state, Progressing, asked.At, "resume", asked.Reason),
        (Inconclusive, Advance) when string.IsNullOrWhiteSpace(asked.Reason) => Refusal.Invalid("reason", "Going on without evidence needs a reason; it stands in the log of decisions."),
        (_, Advance) when state.Step + 1 < plan.Steps.Count => Moves.Toward(plan, state, state.Step + 1, asked.At, "advance", asked.Reason),
        (_, Advance) => new Refusal("NotAllowedInThisState", "The last step is under way already; it ends when every reachable node has acknowledged it."),
        (_, Promote) when !plan.Ships => new Refusal("NotAllowedInThisState", $"A plan of kind {plan.Strategy} ends without moving all traffic. Begin a rollout that does."),
        (_, Promote) when state.Step + 1 >= plan.Steps.Count => new Refusal("NotAllowedInThisState", "All traffic is on its way to the new release already."),
        (_, Promote) => Moves.Toward(plan, state, plan.Steps.Count - 1, asked.At, "promote", asked.Reason),
        (_, ExcludeNode) => Excluded(state, asked),
        (_, Abort) when !state.IsUnderWay => Moves.Enter(state, Aborted, asked.At, "abort", asked.Reason),
        (_, Abort) => Moves.GoBack(state, Aborted, asked.At, "abort", asked.Reason),
        (_, Force) when asked.At - state.EnteredAt < ForceAfter => new Refusal("NotAllowedInThisState", $"Nodes have {ForceAfter.TotalSeconds:0} s to go back before the way back can be ended without them."),
        (_, Force) => Moves.Enter(state, state.Cause ?? Aborted, asked.At, "force", asked.Reason),
        (_, Retry) when state.Phase == RolledBack && CoolDown.Refusal(state.EnteredAt, plan.CoolDown, asked.IsByPerson, asked.At) is { } cooling => cooling,
        (_, Retry) => new Transition(RolloutState.Draft(state.Attempt + 1, asked.At), "retry", asked.Reason, ChangesDesiredState: false),
        (_, RollBack) => new Refusal("NotAllowedInThisState", "What is completed goes back by a rollout of its own: POST …/endpoints/{name}/rollback."),
        _ => throw new ArgumentOutOfRangeException(nameof(asked), asked.Action, "Unknown action"),
    };

    /// <summary>An approval is of what was read: whatever changes, it is void.</summary>
    private static Transition Edited(RolloutPlan plan, RolloutState state, RolloutEvent.Asked asked)
    {
        var phase = state.Phase == Ready ? plan.NeedsApproval ? AwaitingApproval : Ready : Draft;
        var edited = Moves.Enter(state with { ApprovedPlan = null }, phase, asked.At, "edit", asked.Reason);
        return state.Phase == Draft ? edited : edited with { Effects = [.. edited.Effects, new RolloutEffect.Notify(Notice.ApprovalVoided)] };
    }

    private static Outcome<Transition> Excluded(RolloutState state, RolloutEvent.Asked asked)
    {
        if (string.IsNullOrWhiteSpace(asked.Node))
            return Refusal.Invalid("node", "Name the node to go on without.");
        if (string.IsNullOrWhiteSpace(asked.Reason))
            return Refusal.Invalid("reason", "Going on without a node needs a reason; it stands in the log of decisions.");
        return state.Excluded.Contains(asked.Node)
            ? Moves.Stay(state)
            : new Transition(state with { Excluded = [.. state.Excluded, asked.Node] }, "excludeNode", $"{asked.Node}: {asked.Reason}", ChangesDesiredState: false);
    }

    private static Refusal Stale(string message) => new("ApprovalStale", message);
}

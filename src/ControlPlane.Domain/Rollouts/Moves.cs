using static ControlPlane.Domain.Rollouts.RolloutPhase;

namespace ControlPlane.Domain.Rollouts;

/// <summary>The arrows between the states.</summary>
internal static class Moves
{
    public static Transition EnterStep(RolloutPlan plan, RolloutState state, int index, DateTimeOffset at, string action, string reason) => new(
        state with
        {
            Phase = Progressing, Step = index, Weight = plan.Steps[index].Weight, Mirror = plan.Steps[index].Mirror, EnteredAt = at, Reason = null,
            InForceFrom = null, IsHoldOver = false, HeldBefore = 0, Pending = null, AwaitsNodes = false,
        },
        action, reason, ChangesDesiredState: true);

    /// <summary>To a later step, or to who has to approve it or one that is passed over.</summary>
    public static Transition Toward(RolloutPlan plan, RolloutState state, int index, DateTimeOffset at, string action, string reason) =>
        plan.Steps.Skip(state.Step + 1).Take(index - state.Step).Any(step => step.NeedsApproval)
            ? Enter(state with { Pending = index }, AwaitingApproval, at, action, reason)
            : EnterStep(plan, state, index, at, action, reason);

    public static Transition GoBack(RolloutState state, RolloutPhase cause, DateTimeOffset at, string action, string reason) => new(
        state with { Phase = RollingBack, Weight = 0, Mirror = 0, EnteredAt = at, Reason = reason, Cause = cause, InForceFrom = null, Pending = null, AwaitsNodes = false },
        action, reason, ChangesDesiredState: true) { Effects = [new RolloutEffect.Notify(Notice.RollingBack)] };

    public static Transition Enter(RolloutState state, RolloutPhase phase, DateTimeOffset at, string action, string reason) => new(
        state with { Phase = phase, EnteredAt = at, Reason = reason.Length == 0 ? null : reason },
        action, reason, ChangesDesiredState: state.IsUnderWay && phase is Completed or Aborted or RolledBack)
    {
        Effects = phase switch
        {
            AwaitingApproval => [new RolloutEffect.Notify(Notice.ApprovalNeeded)],
            Inconclusive => [new RolloutEffect.Notify(Notice.Inconclusive)],
            Completed or Aborted or RolledBack or Superseded => [new RolloutEffect.Notify(Notice.Ended)],
            _ => [],
        },
    };

    public static Transition Stay(RolloutState state) => new(state, null, "", ChangesDesiredState: false);
}

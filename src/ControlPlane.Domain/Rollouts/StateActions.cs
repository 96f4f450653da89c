using ControlPlane.Domain.Primitives;
using static ControlPlane.Domain.Rollouts.RolloutAction;
using static ControlPlane.Domain.Rollouts.RolloutPhase;

namespace ControlPlane.Domain.Rollouts;

/// <summary>Which actions a state allows: the one table that page, API and command line read.</summary>
public static class StateActions
{
    /// <summary>Those that are one verb on a rollout.</summary>
    public static readonly IReadOnlyList<RolloutAction> Verbs = [Submit, Approve, Reject, Start, Pause, Resume, Advance, Promote, Abort, Retry, ExcludeNode, Force];

    private static readonly Dictionary<RolloutPhase, RolloutAction[]> _allowed = new()
    {
        [Draft] = [Edit, Submit, Delete, Abort],
        [AwaitingApproval] = [Approve, Reject, Edit, Abort],
        [Ready] = [Start, Edit, Abort],
        [Progressing] = [Pause, Advance, Promote, ExcludeNode, Abort],
        [Paused] = [Resume, Advance, Promote, Abort],
        [Inconclusive] = [Resume, Advance, ExcludeNode, Abort],
        [RollingBack] = [Force],
        [Completed] = [RollBack],
        [Aborted] = [Retry],
        [RolledBack] = [Retry],
        [Superseded] = [],
    };

    public static IReadOnlyList<RolloutAction> Allowed(RolloutPhase phase) => _allowed[phase];

    /// <returns>Why the action is not possible now; null when it is.</returns>
    public static Refusal? Refusal(RolloutPhase phase, RolloutAction action) => _allowed[phase].Contains(action)
        ? null
        : new Refusal("NotAllowedInThisState", $"A rollout that is {phase} has no {Verb(action)}. Possible now: {Possible(phase)}.");

    public static string Verb(RolloutAction action) => action == ExcludeNode ? "exclude-node" : action.ToString().ToLowerInvariant();

    private static string Possible(RolloutPhase phase) =>
        _allowed[phase].Length == 0 ? "nothing" : string.Join(", ", _allowed[phase].Select(Verb));
}

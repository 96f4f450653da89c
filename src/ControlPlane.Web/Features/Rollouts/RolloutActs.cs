using ControlPlane.Domain.Rollouts;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>A button of a rollout's page: quiet to strong. <em>Abort</em> stands apart, always.</summary>
/// <param name="Effect">What it does, in a sentence.</param>
internal sealed record RolloutActs(RolloutAction Action, string Word, string Icon, string Effect, bool IsMain = false, bool IsSafe = false)
{
    public static readonly IReadOnlyList<RolloutActs> Shown =
    [
        new(RolloutAction.Delete, "Delete", "trash", "The draft is gone; the audit keeps that it was there."),
        new(RolloutAction.Promote, "Promote", "promote", "The new version takes 100 % now, whatever steps are left. Gates are not asked."),
        new(RolloutAction.Advance, "Advance", "advance", "The next step begins now, before the time and the samples of this one are in."),
        new(RolloutAction.Retry, "Retry", "refresh", "A new attempt, in Draft; approvals of this one count no more."),
        new(RolloutAction.Force, "Force", "advance", "The way back ends without the nodes that do not answer. They go back when they do."),
        new(RolloutAction.Pause, "Pause", "pause", "Traffic stays as it is split now, and gates stay armed.", IsSafe: true),
        new(RolloutAction.Submit, "Submit", "approvals", "Where the environment is protected another person approves it; else it can be started.", IsMain: true),
        new(RolloutAction.Start, "Start", "play", "The new version is loaded everywhere first. Then traffic moves as planned.", IsMain: true),
        new(RolloutAction.Resume, "Resume", "play", "It goes on where it stopped.", IsMain: true),
    ];

    /// <summary>Going on without evidence has to be explained.</summary>
    public bool NeedsReason(string phase) => Action == RolloutAction.Advance && phase == nameof(RolloutPhase.Inconclusive);
}

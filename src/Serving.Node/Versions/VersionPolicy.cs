using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace Serving.Node.Versions;

/// <summary>What to do with a desired state that arrived, and which one step comes next towards it. Pure.</summary>
internal static class VersionPolicy
{
    private static readonly HashSet<string> _capabilities = new(StringComparer.Ordinal);

    /// <returns>Take it, leave it, or refuse it with the reason.</returns>
    public static PolicyAnswer Decide(StateDocument candidate, string? appliedTimeline, long appliedRevision)
    {
        var state = candidate.State;
        if (state.TimelineId == appliedTimeline && state.Revision <= appliedRevision)
            return PolicyAnswer.Leave;
        if (appliedTimeline is not null && state.TimelineId != appliedTimeline && state.Revision <= appliedRevision)
        {
            return PolicyAnswer.Refuse(new Rejection(state.Revision, RejectionReasons.RevisionRegression,
                $"Revision {state.Revision} of another timeline is not newer than revision {appliedRevision}, which is served here. Re-assert the environment to make it the newest."));
        }

        return state.Requires?.FirstOrDefault(capability => !_capabilities.Contains(capability)) is { } missing
            ? PolicyAnswer.Refuse(new Rejection(state.Revision, RejectionReasons.MissingCapability, $"The desired state requires {missing}, which this node does not have."))
            : PolicyAnswer.Take;
    }

    /// <summary>
    /// The next step. Publishing comes before everything else, so that a way back that is in memory never waits for a load;
    /// then what is routed; then what is to be warm.
    /// </summary>
    public static NextStep Next(Wanted wanted, Holding holding)
    {
        if (wanted.Routed.All(holding.Loaded.Contains)
            && (holding.AppliedHash != wanted.ContentHash || !holding.Published.SetEquals(wanted.All.Where(holding.Loaded.Contains))))
        {
            return NextStep.Publish;
        }

        var routed = wanted.Routed.FirstOrDefault(holding.CanLoad);
        if (holding.Loading is { } loading)
        {
            var inTheWay = !wanted.All.Contains(loading) || (routed is not null && routed != loading && !wanted.Routed.Contains(loading));
            return inTheWay ? NextStep.StopLoading : NextStep.Wait;
        }

        if (routed is not null)
            return NextStep.Load(routed);
        // While a routed release is refused the revision is not served, and nothing is kept warm for it.
        var warm = wanted.Routed.All(holding.Loaded.Contains) ? wanted.Warm.FirstOrDefault(holding.CanLoad) : null;
        return warm is null ? NextStep.Wait : NextStep.Load(warm);
    }
}

/// <param name="Rejection">Why it is refused; null otherwise.</param>
internal sealed record PolicyAnswer(bool IsTaken, Rejection? Rejection)
{
    public static PolicyAnswer Take { get; } = new(true, null);

    public static PolicyAnswer Leave { get; } = new(false, null);

    public static PolicyAnswer Refuse(Rejection rejection) => new(false, rejection);
}

/// <summary>What the node has, as far as the next step depends on it.</summary>
/// <param name="Loading">The release whose load is under way.</param>
/// <param name="Refused">Releases that could not be loaded and are not due again yet.</param>
/// <param name="AppliedHash">Content hash of the state that is served.</param>
/// <param name="Published">Releases of the snapshot that is served.</param>
internal sealed record Holding(IReadOnlySet<string> Loaded, string? Loading, IReadOnlySet<string> Refused, string? AppliedHash, IReadOnlySet<string> Published)
{
    public bool CanLoad(string release) => !Loaded.Contains(release) && !Refused.Contains(release);
}

/// <param name="Release">What to load; null unless it is a load.</param>
internal sealed record NextStep(string Name, string? Release = null)
{
    public static NextStep Wait { get; } = new("wait");

    public static NextStep Publish { get; } = new("publish");

    public static NextStep StopLoading { get; } = new("stopLoading");

    public static NextStep Load(string release) => new("load", release);
}

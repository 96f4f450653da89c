using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace Serving.Node.Versions;

/// <summary>What to do with a desired state that arrived, by whatever way.</summary>
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

    /// <summary>Releases that must be in memory before the state may be served: those that arms and mirrors of the pool name.</summary>
    public static IReadOnlyList<string> Routed(DesiredState state, string pool) =>
        [.. state.Endpoints
            .Where(endpoint => endpoint.Pool == pool)
            .SelectMany(endpoint => endpoint.Arms.Select(arm => arm.Release).Concat(endpoint.Mirrors.Select(mirror => mirror.Release)))
            .Distinct(StringComparer.Ordinal)];

    /// <summary>Releases to hold without traffic, most wanted first.</summary>
    public static IReadOnlyList<string> Warm(DesiredState state, IReadOnlyCollection<string> routed) =>
        [.. state.KeepWarm.Where(id => !routed.Contains(id)).Distinct(StringComparer.Ordinal)];
}

/// <param name="Rejection">Why it is refused; null otherwise.</param>
internal sealed record PolicyAnswer(bool IsTaken, Rejection? Rejection)
{
    public static PolicyAnswer Take { get; } = new(true, null);

    public static PolicyAnswer Leave { get; } = new(false, null);

    public static PolicyAnswer Refuse(Rejection rejection) => new(false, rejection);
}

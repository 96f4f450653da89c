using ControlPlane.Domain.Rollouts;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Nodes;

/// <summary>What nodes were asked for against what they say.</summary>
public static class Convergence
{
    /// <summary>A node that was silent for this long does not hold a rollout up.</summary>
    public static readonly TimeSpan UnreachableAfter = TimeSpan.FromSeconds(15);

    public static bool IsReachable(DateTimeOffset lastSeen, DateTimeOffset now) => now - lastSeen < UnreachableAfter;

    /// <param name="revision">The newest revision there is. A node that is beyond it has applied something else (<see cref="IsAhead"/>).</param>
    public static bool HasApplied(Report report, string timelineId, long revision) =>
        report.TimelineId == timelineId && report.AppliedRevision == revision;

    /// <summary>The node holds what this database does not know of, and says so by its revision or by refusing ours: only a new timeline will be followed.</summary>
    public static bool IsAhead(Report report, string timelineId, long revision) =>
        report.Rejected?.Reason == RejectionReasons.RevisionRegression || HoldsMore(report, timelineId, revision);

    /// <summary>
    /// As after the restore of a backup. Nodes that hold revision 120 ignore 101, 102, … and would take 121 for news though it knows nothing of what
    /// happened since: nothing may be published until someone re-asserts the environment.
    /// </summary>
    public static bool HoldsMore(Report report, string timelineId, long revision) =>
        report.TimelineId is { } applied && (applied == timelineId ? report.AppliedRevision > revision : report.AppliedRevision >= revision && report.AppliedRevision > 0);

    public static bool IsWarm(Report report, string release) =>
        report.Serving.Any(served => served.Release == release && served.State != ServedRelease.Loading);

    /// <summary>What a rollout's step needs to know.</summary>
    /// <param name="nodes">Name and last report of every reachable node of the pool.</param>
    /// <param name="silent">Names of those that should be there and do not answer.</param>
    public static StepFacts FactsFor(IReadOnlyList<(string Name, Report Report)> nodes, IReadOnlyList<string> silent, string release, string timelineId, long revision) => new(
        nodes.Count,
        nodes.Count(node => IsWarm(node.Report, release)),
        nodes.Count(node => HasApplied(node.Report, timelineId, revision)),
        [.. nodes
            .Where(node => node.Report.Rejected is { Reason: not RejectionReasons.StateNotWritten } rejected && (rejected.Release == release || rejected.Release is null && rejected.Revision >= revision))
            .Select(node => $"{node.Name}: {node.Report.Rejected!.Reason}: {node.Report.Rejected.Detail}")])
    {
        Silent = silent,
    };
}

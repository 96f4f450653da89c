using System.Collections.Concurrent;
using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Live;

/// <summary>What every node said last. Kept in memory, shared with other control planes through the database. Thread-safe.</summary>
internal sealed class NodeReports(IDbContextFactory<ControlPlaneDb> factory, LiveFeed feed, Wakes wakes, TimeProvider time)
{
    /// <summary>The loop that looks at rollouts.</summary>
    public const string RolloutLoop = "rollouts";

    private static readonly TimeSpan _writeEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<NodeId, Seen> _seen = new();

    public Seen? Of(NodeId node) => _seen.GetValueOrDefault(node);

    public (int Reachable, int Silent) Count()
    {
        var now = time.GetUtcNow();
        var reachable = _seen.Values.Count(seen => Convergence.IsReachable(seen.At, now));
        return (reachable, _seen.Count - reachable);
    }

    public void Take(NodeId node, Report report)
    {
        var now = time.GetUtcNow();
        var before = _seen.GetValueOrDefault(node);
        var changed = before is null || !SameFacts(before.Report, report) || !Convergence.IsReachable(before.At, now);
        _seen[node] = new Seen(report, now, report.Clock - now, changed || before!.Unwritten);
        if (!changed)
            return;

        wakes.Wake(RolloutLoop);
        feed.Publish(LiveTopics.Nodes);
    }

    /// <summary>Reads what others wrote and writes what is new here, in one transaction.</summary>
    public async Task ShareAsync(CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var stored = await db.NodeStatuses.ToDictionaryAsync(status => status.NodeId, cancel);
        foreach (var (id, status) in stored)
        {
            if (!_seen.TryGetValue(id, out var here) || here.At < status.LastSeen)
                _seen[id] = new Seen(status.Report, status.LastSeen, status.ClockOffset, Unwritten: false);
        }

        var known = await db.Nodes.Select(node => node.Id).ToListAsync(cancel);
        foreach (var id in known)
        {
            if (!_seen.TryGetValue(id, out var here) || (!here.Unwritten && stored.TryGetValue(id, out var old) && here.At - old.LastSeen < _writeEvery))
                continue;
            Put(db, stored.GetValueOrDefault(id), id, here);
            _seen.TryUpdate(id, here with { Unwritten = false }, here);
        }

        await db.SaveChangesAsync(cancel);
    }

    public void Forget(NodeId node) => _seen.TryRemove(node, out _);

    private static void Put(ControlPlaneDb db, NodeStatus? row, NodeId id, Seen seen)
    {
        if (row is null)
        {
            db.NodeStatuses.Add(new NodeStatus { NodeId = id, Report = seen.Report, LastSeen = seen.At, ClockOffset = seen.ClockOffset });
            return;
        }

        row.Report = seen.Report;
        row.LastSeen = seen.At;
        row.ClockOffset = seen.ClockOffset;
    }

    private static bool SameFacts(Report a, Report b) =>
        a.NodeSession == b.NodeSession && a.AppliedRevision == b.AppliedRevision && a.TimelineId == b.TimelineId && a.Rejected == b.Rejected
        && a.Draining == b.Draining && a.Address == b.Address && a.Serving.SequenceEqual(b.Serving) && a.Quarantined.SequenceEqual(b.Quarantined);

    /// <param name="ClockOffset">Node clock minus ours.</param>
    internal sealed record Seen(Report Report, DateTimeOffset At, TimeSpan ClockOffset, bool Unwritten);
}

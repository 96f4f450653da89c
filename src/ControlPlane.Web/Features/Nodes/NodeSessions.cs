using System.Collections.Concurrent;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>
/// Which process speaks with a node's credential. A node that starts again is a new one and the old one is never heard again; two that take turns are two.
/// Thread-safe.
/// </summary>
internal sealed class NodeSessions(TimeProvider time)
{
    private readonly ConcurrentDictionary<NodeId, Speakers> _speakers = new();

    /// <summary>Notes who speaks.</summary>
    /// <returns>True: one that was thought to be gone speaks again, so there are two.</returns>
    public bool Hear(NodeId node, string session)
    {
        var now = time.GetUtcNow();
        var isSecond = false;
        _speakers.AddOrUpdate(
            node,
            _ => new Speakers(session, now, null),
            (_, known) =>
            {
                isSecond = known.Current != session && known.Former == session;
                return known.Current == session ? known with { At = now } : new Speakers(session, now, known.Current);
            });
        return isSecond;
    }

    /// <returns>True: another process was heard a moment ago, and this one has to wait until it is silent.</returns>
    public bool IsTakenByAnother(NodeId node, string? session) =>
        _speakers.TryGetValue(node, out var known) && known.Current != session && Convergence.IsReachable(known.At, time.GetUtcNow());

    /// <summary>Its connection ended: whoever comes next need not wait.</summary>
    public void Leave(NodeId node, string session)
    {
        if (_speakers.TryGetValue(node, out var known) && known.Current == session)
            _speakers.TryUpdate(node, known with { At = DateTimeOffset.MinValue }, known);
    }

    private sealed record Speakers(string Current, DateTimeOffset At, string? Former);
}

using System.Collections.Concurrent;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.SignalR;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>The live connections of this process, so that one can be ended. Thread-safe.</summary>
internal sealed class NodeConnections
{
    private readonly ConcurrentDictionary<string, (NodeId Node, string CredentialHash, HubCallerContext Context)> _open = new(StringComparer.Ordinal);

    public int Count => _open.Count;

    public void Add(NodeId node, string credentialHash, HubCallerContext context) => _open[context.ConnectionId] = (node, credentialHash, context);

    public void Remove(string connection) => _open.TryRemove(connection, out _);

    /// <summary>What was opened with a credential that is worth nothing any more does not stay open.</summary>
    public void End(NodeId node)
    {
        foreach (var (_, _, context) in _open.Values.Where(open => open.Node == node))
            context.Abort();
    }

    /// <summary>The same by what the database says, whichever control plane changed it.</summary>
    /// <param name="good">The credential of each node that has one.</param>
    public void EndOthers(IReadOnlyDictionary<NodeId, string> good)
    {
        foreach (var (_, _, context) in _open.Values.Where(open => good.GetValueOrDefault(open.Node) != open.CredentialHash))
            context.Abort();
    }
}

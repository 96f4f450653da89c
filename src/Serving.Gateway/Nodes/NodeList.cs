using Serving.Contracts.Joining;

namespace Serving.Gateway.Nodes;

/// <summary>The nodes that requests may go to: an immutable array, swapped whole. Thread-safe.</summary>
internal sealed class NodeList
{
    private readonly Lock _changing = new();
    private volatile NodeTarget[] _all = [];
    private uint _turn;

    public IReadOnlyList<NodeTarget> All => _all;

    public long Version { get; private set; } = -1;

    public bool HasReady => Array.Exists(_all, node => node.IsReady);

    /// <summary>Takes a list over; nodes that were known keep their counts and health.</summary>
    /// <returns>False: the list is empty while known nodes are well, which tells of a control plane that has just begun, not of a fleet that is gone.</returns>
    public bool Take(PeerList list)
    {
        lock (_changing)
        {
            if (list.Peers.Count == 0 && HasReady)
                return false;

            var known = _all;
            _all = [.. list.Peers.Select(peer => Array.Find(known, node => node.Peer == peer) ?? new NodeTarget(peer))];
            Version = list.Version;
            return true;
        }
    }

    /// <summary>The less loaded of two ready nodes; where none is ready, of two that may have recovered.</summary>
    /// <param name="http2">Only nodes that speak HTTP/2.</param>
    public NodeTarget? Pick(bool http2)
    {
        var all = _all;
        return PickAmong(all, http2, onlyReady: true) ?? PickAmong(all, http2, onlyReady: false);
    }

    /// <summary>The least loaded of all other nodes: a second attempt is the last.</summary>
    public NodeTarget? LeastLoaded(NodeTarget except, bool http2)
    {
        NodeTarget? best = null;
        foreach (var node in _all)
        {
            if (IsCandidate(node, except, http2, onlyReady: false) && (best is null || IsBetter(node, best)))
                best = node;
        }

        return best;

        static bool IsBetter(NodeTarget node, NodeTarget than) => node.IsReady != than.IsReady ? node.IsReady : node.InFlight < than.InFlight;
    }

    public bool HasOther(NodeTarget than, bool http2)
    {
        foreach (var node in _all)
        {
            if (IsCandidate(node, than, http2, onlyReady: true))
                return true;
        }

        return false;
    }

    /// <summary>Whether a ready node had fewer requests under way even with this one more: else a refusal for want of room would be heard twice and the room be taken from others.</summary>
    public bool HasLessLoaded(NodeTarget than, bool http2)
    {
        foreach (var node in _all)
        {
            if (IsCandidate(node, than, http2, onlyReady: true) && node.InFlight + 1 < than.InFlight)
                return true;
        }

        return false;
    }

    private NodeTarget? PickAmong(NodeTarget[] all, bool http2, bool onlyReady)
    {
        var candidates = 0;
        foreach (var node in all)
            candidates += IsCandidate(node, except: null, http2, onlyReady) ? 1 : 0;
        if (candidates == 0)
            return null;

        // Every pair gets its turn, so nodes with equal load are used equally; no source of randomness is shared between threads.
        var turn = Interlocked.Increment(ref _turn);
        var one = (int)(turn % (uint)candidates);
        var other = candidates == 1 ? one : (one + 1 + (int)(turn / (uint)candidates % (uint)(candidates - 1))) % candidates;
        var first = At(all, one, http2, onlyReady);
        var second = At(all, other, http2, onlyReady);
        return first is null || second is null ? first ?? second : second.InFlight < first.InFlight ? second : first;
    }

    /// <returns>Null when health changed in between and there are fewer candidates now.</returns>
    private static NodeTarget? At(NodeTarget[] all, int index, bool http2, bool onlyReady)
    {
        NodeTarget? last = null;
        foreach (var node in all)
        {
            if (!IsCandidate(node, except: null, http2, onlyReady))
                continue;
            last = node;
            if (index-- == 0)
                break;
        }

        return last;
    }

    private static bool IsCandidate(NodeTarget node, NodeTarget? except, bool http2, bool onlyReady) =>
        node != except && (!onlyReady || node.IsReady) && (!http2 || node.Peer.Http2Address is not null);
}

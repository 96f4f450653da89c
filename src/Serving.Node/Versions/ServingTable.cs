using System.Collections.Frozen;
using Serving.Contracts.State;
using Serving.Node.Cache;
using Serving.Node.Log;
using Serving.Node.Metrics;
using Serving.Node.Predict;
using Serving.Node.Respond;

namespace Serving.Node.Versions;

/// <summary>What this node serves: one immutable snapshot, swapped whole. A request reads <see cref="Current"/> once and passes it along.</summary>
internal sealed class ServingTable
{
    private volatile ServingSnapshot _current = ServingSnapshot.Empty;

    public ServingSnapshot Current => _current;

    /// <summary>Only the version manager calls this.</summary>
    public void Publish(ServingSnapshot next) => _current = next;
}

/// <summary>A whole revision in its served form.</summary>
/// <param name="Revision">0: nothing was applied yet.</param>
internal sealed record ServingSnapshot(
    long Revision, string? TimelineId, string? ContentHash,
    FrozenDictionary<string, ServedEndpoint> Endpoints, FrozenDictionary<string, LoadedRelease> Releases)
{
    public ServedEndpoint? Find(ReadOnlySpan<char> endpoint) =>
        Endpoints.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(endpoint, out var found) ? found : null;

    public static ServingSnapshot Empty { get; } =
        new(0, null, null, FrozenDictionary<string, ServedEndpoint>.Empty, FrozenDictionary<string, LoadedRelease>.Empty);
}

/// <summary>One endpoint of a snapshot.</summary>
/// <param name="Arms">In the order of their buckets.</param>
/// <param name="ByVersion">Releases in memory of the models this endpoint serves, for callers that ask for a version.</param>
internal sealed record ServedEndpoint(
    EndpointState State, ServedArm[] Arms, FrozenDictionary<string, ServedArm> ByVersion, AdmissionCount Admission)
{
    public string Name => State.Name;

    /// <summary>The versions that aliases of the registry point at, of those in memory.</summary>
    public FrozenDictionary<string, string> VersionByAlias { get; init; } = FrozenDictionary<string, string>.Empty;
}

/// <param name="Upper">First bucket that belongs to the next arm.</param>
/// <param name="LogHead">What every log record of the arm begins with.</param>
/// <param name="Cache">Null: every request is run.</param>
internal sealed record ServedArm(string Name, LoadedRelease Release, int Upper, SeriesCounters Counters, WatchedNumbers Watched, AnswerParts Answer, LogHead LogHead, ArmCache? Cache = null);

/// <summary>Requests of one endpoint that are in this node. It outlives the snapshots, so that a switch does not forget those under way.</summary>
internal sealed class AdmissionCount
{
    private int _inside;

    public int Inside => Volatile.Read(ref _inside);

    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _inside) <= most)
            return true;
        Interlocked.Decrement(ref _inside);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inside);
}

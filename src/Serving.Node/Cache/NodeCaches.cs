using System.Collections.Concurrent;
using Serving.Contracts;
using Serving.Contracts.State;
using Serving.Node.Hosting;
using Serving.Node.Versions;

namespace Serving.Node.Cache;

/// <summary>The caches of this node: one for each endpoint that asks for one, and one for all releases with embeddings. They outlive the snapshots.</summary>
internal sealed class NodeCaches(NodeOptions options, CacheChecks checks, TimeProvider time)
{
    /// <summary>Of embeddings, where the endpoint says nothing.</summary>
    private const double CheckShare = 0.01;

    private readonly ConcurrentDictionary<string, PredictionCache> _byEndpoint = new(StringComparer.Ordinal);
    private readonly PredictionCache _embeddings = new("", options.EmbeddingCacheBytes);

    /// <returns>Null: every request of this arm is run.</returns>
    public ArmCache? For(EndpointState endpoint, LoadedRelease release, CacheCounts counts)
    {
        // What is kept for an embedding is of use to every endpoint; how old it may be stays the endpoint's own word.
        var store = release.State.Runtime.HasEmbeddings && options.EmbeddingCacheBytes > 0 ? _embeddings : OfEndpoint(endpoint);
        if (store is null)
            return null;
        var lifetime = endpoint.Cache is { } wanted ? Durations.Parse(wanted.Lifetime) ?? TimeSpan.Zero : TimeSpan.MaxValue;
        var ticks = lifetime == TimeSpan.MaxValue ? long.MaxValue / 2 : (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        return new ArmCache(store, release, ticks, endpoint.Cache?.CheckShare ?? CheckShare, counts, checks, time);
    }

    /// <summary>Lets go of the caches of endpoints that are not there any more.</summary>
    public void Keep(IReadOnlyCollection<string> endpoints)
    {
        foreach (var gone in _byEndpoint.Keys.Where(name => !endpoints.Contains(name)))
            _byEndpoint.TryRemove(gone, out _);
    }

    private PredictionCache? OfEndpoint(EndpointState endpoint)
    {
        if (endpoint.Cache is not { } wanted)
        {
            _byEndpoint.TryRemove(endpoint.Name, out _);
            return null;
        }

        var store = _byEndpoint.GetOrAdd(endpoint.Name, name => new PredictionCache(name, wanted.MaxBytes));
        store.MaxBytes = wanted.MaxBytes;
        return store;
    }
}

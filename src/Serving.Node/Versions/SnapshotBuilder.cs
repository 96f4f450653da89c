using System.Collections.Concurrent;
using System.Collections.Frozen;
using Serving.Contracts.State;
using Serving.Node.Cache;
using Serving.Node.Log;
using Serving.Node.Metrics;
using Serving.Node.Predict;
using Serving.Node.Respond;

namespace Serving.Node.Versions;

/// <summary>Turns a verified desired state and the releases in memory into a snapshot.</summary>
internal sealed class SnapshotBuilder(SeriesRegistry registry, NodeCaches caches)
{
    private readonly ConcurrentDictionary<string, AdmissionCount> _admissions = new(StringComparer.Ordinal);

    /// <param name="pool">The node's pool; endpoints of others are left out.</param>
    /// <param name="loaded">Holds every release that an arm of the pool names.</param>
    public ServingSnapshot Build(StateDocument document, string pool, IReadOnlyDictionary<string, LoadedRelease> loaded)
    {
        var state = document.State;
        registry.BeginGeneration();
        var endpoints = state.Endpoints
            .Where(endpoint => endpoint.Pool == pool)
            .Select(endpoint => Endpoint(endpoint, state, loaded))
            .ToFrozenDictionary(endpoint => endpoint.Name, StringComparer.Ordinal);

        foreach (var gone in _admissions.Keys.Where(name => !endpoints.ContainsKey(name)))
            _admissions.TryRemove(gone, out _);
        caches.Keep(endpoints.Keys);
        return new ServingSnapshot(state.Revision, state.TimelineId, document.ContentHash, endpoints, loaded.ToFrozenDictionary(StringComparer.Ordinal));
    }

    private ServedEndpoint Endpoint(EndpointState endpoint, DesiredState state, IReadOnlyDictionary<string, LoadedRelease> loaded)
    {
        var upper = 0;
        var arms = endpoint.Arms
            .Select(arm => Arm(endpoint, arm.Name, loaded[arm.Release], upper += arm.Weight))
            .ToArray();
        return new ServedEndpoint(endpoint, arms, ByVersion(endpoint, state, loaded), _admissions.GetOrAdd(endpoint.Name, _ => new AdmissionCount()))
        {
            VersionByAlias = ByAlias(endpoint, state, loaded),
        };
    }

    /// <summary>Read from the document, not from what is loaded: an alias moves while its versions stay.</summary>
    private static FrozenDictionary<string, string> ByAlias(EndpointState endpoint, DesiredState state, IReadOnlyDictionary<string, LoadedRelease> loaded)
    {
        var models = endpoint.Arms.Select(arm => state.Releases[arm.Release].Model).ToHashSet(StringComparer.Ordinal);
        return state.Releases
            .Where(release => loaded.ContainsKey(release.Key) && models.Contains(release.Value.Model))
            .SelectMany(release => release.Value.Aliases ?? [], (release, alias) => (Alias: alias, release.Value.Version))
            .DistinctBy(row => row.Alias, StringComparer.Ordinal)
            .ToFrozenDictionary(row => row.Alias, row => row.Version, StringComparer.Ordinal);
    }

    private FrozenDictionary<string, ServedArm> ByVersion(EndpointState endpoint, DesiredState state, IReadOnlyDictionary<string, LoadedRelease> loaded)
    {
        var models = endpoint.Arms.Select(arm => state.Releases[arm.Release].Model).ToHashSet(StringComparer.Ordinal);
        var routed = endpoint.Arms.Select(arm => arm.Release).ToHashSet(StringComparer.Ordinal);
        return loaded.Values
            .Where(release => models.Contains(release.State.Model))
            // Two releases of one version differ in how they are run; the routed one answers for the version.
            .OrderByDescending(release => routed.Contains(release.Id))
            .DistinctBy(release => release.State.Version, StringComparer.Ordinal)
            .ToFrozenDictionary(release => release.State.Version, release => Arm(endpoint, ArmState.Direct, release, 0), StringComparer.Ordinal);
    }

    private ServedArm Arm(EndpointState endpoint, string name, LoadedRelease release, int upper)
    {
        var counters = registry.For(endpoint.Name, release.Id, release.State.Model, release.State.Version, name);
        return new ServedArm(name, release, upper, counters, WatchedNumbers.Of(endpoint.Monitor, release.Model.Outputs),
            AnswerParts.Of(endpoint.Name, name, release.Id, release.State.Model, release.State.Version),
            LogHead.Of(endpoint, release, name), caches.For(endpoint, release, counters.Cache));
    }
}

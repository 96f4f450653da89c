using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using Serving.Contracts.Models;
using Serving.Contracts.State;

namespace ControlPlane.Domain.Nodes;

/// <summary>What the database holds, turned into what nodes are to serve. Pure: the same rows give the same bytes.</summary>
public static class Planner
{
    /// <param name="rollouts">Open rollouts of the environment; at most one an endpoint.</param>
    /// <param name="releases">By id: every release that an endpoint or an open rollout names.</param>
    /// <param name="aliases">Names that point at versions, by model and version; null: there are none.</param>
    public static DesiredState Plan(
        ServingEnvironment environment, long revision, IEnumerable<Endpoint> endpoints, IEnumerable<Rollout> rollouts, IReadOnlyDictionary<string, Release> releases,
        ILookup<(string Model, int Version), string>? aliases = null)
    {
        var open = rollouts.Where(rollout => rollout.State.IsUnderWay).ToDictionary(rollout => rollout.EndpointId);
        var sorted = endpoints.OrderBy(endpoint => endpoint.Name, StringComparer.Ordinal).ToList();
        var states = sorted.Select(endpoint => StateOf(endpoint, open.GetValueOrDefault(endpoint.Id))).ToList();
        var routed = states.SelectMany(state => state.Arms).Select(arm => arm.Release).ToHashSet(StringComparer.Ordinal);
        var warm = sorted.SelectMany(endpoint => WarmFor(endpoint, open.GetValueOrDefault(endpoint.Id)))
            .Where(id => !routed.Contains(id)).Distinct(StringComparer.Ordinal).ToList();
        var named = routed.Concat(warm).Order(StringComparer.Ordinal).Select(id => releases[id]).ToList();

        return new DesiredState
        {
            Environment = environment.Name,
            TimelineId = environment.TimelineId,
            Revision = revision,
            Endpoints = states,
            Releases = new SortedDictionary<string, ReleaseState>(named.ToDictionary(release => release.Id, release => StateOf(release, aliases)), StringComparer.Ordinal),
            Artifacts = new SortedDictionary<string, ArtifactManifest>(
                named.DistinctBy(release => release.Artifact).ToDictionary(release => release.Artifact, release => release.Manifest), StringComparer.Ordinal),
            KeepWarm = warm,
        };
    }

    /// <summary>The traffic split of an endpoint: candidates first, stable last.</summary>
    public static IReadOnlyList<ArmState> Arms(Endpoint endpoint, Rollout? rollout)
    {
        var weight = rollout is { State.IsUnderWay: true } ? rollout.State.Weight : 0;
        if (weight == Bucket.Count)
            return [new ArmState(ArmState.Stable, rollout!.ToRelease, Bucket.Count)];
        if (endpoint.StableRelease is not { } stable)
            return [];
        return weight == 0
            ? [new ArmState(ArmState.Stable, stable, Bucket.Count)]
            : [new ArmState(ArmState.Candidate, rollout!.ToRelease, weight), new ArmState(ArmState.Stable, stable, Bucket.Count - weight)];
    }

    private static IEnumerable<string> WarmFor(Endpoint endpoint, Rollout? rollout)
    {
        // The way back comes before the candidate: it is what nodes must not lose when memory is short.
        if (endpoint.StableRelease is { } stable)
            yield return stable;
        // With all traffic moved the way back is what served until now; what served before that is let go, as after completion, which then changes nothing.
        if (endpoint.PreviousRelease is { } previous && rollout?.State.Weight != Bucket.Count)
            yield return previous;
        if (rollout is { State.Phase: not RolloutPhase.RollingBack })
            yield return rollout.ToRelease;
    }

    private static EndpointState StateOf(Endpoint endpoint, Rollout? rollout)
    {
        var arms = Arms(endpoint, rollout);
        return new EndpointState
        {
            Name = endpoint.Name,
            Pool = endpoint.Pool,
            AssignmentKey = endpoint.AssignmentKey,
            // Without a split there is nothing to assign, and a salt would only make another revision of the same.
            Salt = rollout is null || arms.Count < 2 ? "" : $"{rollout.Id.Value:N}.{rollout.State.Attempt}",
            Arms = arms,
            Mirrors = rollout is { State: { IsUnderWay: true, Mirror: > 0 } } ? [new MirrorState(rollout.ToRelease, rollout.State.Mirror)] : [],
            Mode = endpoint.Mode,
            Logging = endpoint.Logging,
            Monitor = endpoint.Monitor,
            Limits = endpoint.Limits,
            Cache = endpoint.Cache,
        };
    }

    private static ReleaseState StateOf(Release release, ILookup<(string Model, int Version), string>? aliases)
    {
        var names = aliases?[(release.Model, release.Version)].Order(StringComparer.Ordinal).ToList();
        return new ReleaseState(
            release.Artifact, release.Model, release.Version.ToString(System.Globalization.CultureInfo.InvariantCulture), release.Runtime, release.SchemaDigest, release.Binding,
            names is { Count: > 0 } ? names : null);
    }
}

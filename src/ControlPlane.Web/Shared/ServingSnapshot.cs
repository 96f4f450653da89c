using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Shared;

/// <summary>What is asked for and what nodes say, as of one moment: what most pages are made from.</summary>
/// <param name="Rollouts">Those under way; at most one an endpoint.</param>
/// <param name="Releases">By id: those an endpoint or open rollout names.</param>
/// <param name="Nodes">With their last report, null before the first; revoked ones included.</param>
public sealed record ServingSnapshot(
    DateTimeOffset At,
    IReadOnlyDictionary<string, EnvironmentNow> Environments,
    IReadOnlyList<Endpoint> Endpoints,
    IReadOnlyDictionary<EndpointId, Rollout> Rollouts,
    IReadOnlyDictionary<string, ReleaseNow> Releases,
    IReadOnlyList<(Node Node, NodeStatus? Status)> Nodes)
{
    /// <summary>Rollouts that wait for a person: drafts, those to be approved, those ready to start.</summary>
    public IReadOnlyList<Rollout> Waiting { get; init; } = [];

    /// <summary>Nodes that are to serve an endpoint.</summary>
    public IEnumerable<(Node Node, NodeStatus? Status)> NodesOf(Endpoint endpoint) =>
        Nodes.Where(node => node.Node.Kind == "node" && node.Node.RevokedAt is null && node.Node.Environment == endpoint.Environment && node.Node.Pool == endpoint.Pool);

    public bool IsLive(NodeStatus? status) => status is not null && Convergence.IsReachable(status.LastSeen, At);

    /// <summary>The split that is asked for: candidate before stable.</summary>
    public IReadOnlyList<TrafficArm> ArmsOf(Endpoint endpoint) =>
        [.. Planner.Arms(endpoint, Rollouts.GetValueOrDefault(endpoint.Id)).Select(arm => new TrafficArm(
            Releases.GetValueOrDefault(arm.Release)?.Version ?? "?", arm.Name == "candidate" ? VersionRole.Candidate : VersionRole.Stable, null, arm.Weight / 10_000d))];

    /// <summary>Where the versions of a model answer.</summary>
    public IEnumerable<(int Version, ServingIn Place)> PlacesOf(string model) =>
        from endpoint in Endpoints
        from arm in Planner.Arms(endpoint, Rollouts.GetValueOrDefault(endpoint.Id))
        let release = Releases.GetValueOrDefault(arm.Release)
        where release is not null && release.Model == model
        select (release.Number, new ServingIn(endpoint.Environment, endpoint.Name, release.Version, arm.Weight / 10_000d, endpoint.StableSince));
}

/// <param name="Revision">What is asked for.</param>
public sealed record EnvironmentNow(string Name, bool IsProtected, string TimelineId, long Revision);

/// <summary>The part of a release that pages name.</summary>
public sealed record ReleaseNow(string Id, string Model, int Number, DateTimeOffset CreatedAt, string CreatedBy)
{
    public string Version => Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

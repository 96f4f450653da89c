using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace ControlPlane.Web.Shared;

/// <summary>Reads <see cref="ServingSnapshot"/>; pages that are open at the same time share one for half a second, however many they are.</summary>
/// <param name="heard">The last report that this process heard itself, which may be newer than what the database holds.</param>
public sealed class ServingNow(IDbContextFactory<ControlPlaneDb> factory, IMemoryCache cache, Func<NodeId, NodeStatus?> heard, TimeProvider time)
{
    private static readonly TimeSpan _shared = TimeSpan.FromMilliseconds(500);

    public async Task<ServingSnapshot> ReadAsync(CancellationToken cancel)
    {
        if (cache.TryGetValue<ServingSnapshot>(nameof(ServingNow), out var known) && known is not null && time.GetUtcNow() - known.At < _shared)
            return known;

        return cache.Set(nameof(ServingNow), await QueryAsync(cancel), _shared);
    }

    /// <summary>After a person's own action: what they did must be in the next view.</summary>
    public void Forget() => cache.Remove(nameof(ServingNow));

    private async Task<ServingSnapshot> QueryAsync(CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var environments = await db.Environments.AsNoTracking()
            .Select(environment => new EnvironmentNow(environment.Name, environment.Protected, environment.TimelineId, environment.Revision)).ToListAsync(cancel);
        var endpoints = await db.Endpoints.AsNoTracking().OrderBy(endpoint => endpoint.Name).ThenBy(endpoint => endpoint.Environment).ToListAsync(cancel);
        var rollouts = await db.Rollouts.AsNoTracking().Where(rollout => rollout.IsOpen).ToListAsync(cancel);
        var named = endpoints.SelectMany(endpoint => new[] { endpoint.StableRelease, endpoint.PreviousRelease })
            .Concat(rollouts.SelectMany(rollout => new[] { rollout.FromRelease, rollout.ToRelease }))
            .OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var releases = await db.Releases.Where(release => named.Contains(release.Id))
            .Select(release => new ReleaseNow(release.Id, release.Model, release.Version, release.CreatedAt, release.CreatedBy)).ToListAsync(cancel);
        var nodes = await db.Nodes.AsNoTracking().OrderBy(node => node.Name).ToListAsync(cancel);
        var statuses = await db.NodeStatuses.AsNoTracking().ToDictionaryAsync(status => status.NodeId, cancel);
        return new(
            time.GetUtcNow(),
            environments.ToDictionary(environment => environment.Name, StringComparer.Ordinal),
            endpoints,
            rollouts.Where(rollout => rollout.State.IsUnderWay).DistinctBy(rollout => rollout.EndpointId).ToDictionary(rollout => rollout.EndpointId),
            releases.ToDictionary(release => release.Id, StringComparer.Ordinal),
            [.. nodes.Select(node => (node, Newest(heard(node.Id), statuses.GetValueOrDefault(node.Id))))])
        {
            Waiting = [.. rollouts.Where(rollout => rollout.Phase is RolloutPhase.Draft or RolloutPhase.AwaitingApproval or RolloutPhase.Ready).OrderBy(rollout => rollout.Number)],
        };
    }

    private static NodeStatus? Newest(NodeStatus? a, NodeStatus? b) => a is null || b?.LastSeen > a.LastSeen ? b : a;
}

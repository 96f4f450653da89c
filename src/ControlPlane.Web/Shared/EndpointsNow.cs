using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Releases;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Shared;

/// <summary>Every endpoint with what it serves and how it is.</summary>
public sealed class EndpointsNow(ServingNow serving, Measurements measurements)
{
    /// <summary>Limit of p99 where the endpoint names none, milliseconds.</summary>
    public const double DefaultLimitP99Ms = 200;

    public async Task<IReadOnlyList<EndpointNow>> ListAsync(CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        var figures = await measurements.NowAsync(now.Endpoints.Select(endpoint => (endpoint.Environment, endpoint.Name)), cancel);
        return [.. now.Endpoints.Select(endpoint => Row(now, endpoint, figures.GetValueOrDefault(endpoint.Address)))];
    }

    /// <returns><c>environment/name</c> of each.</returns>
    public async Task<IReadOnlyList<string>> NamesAsync(CancellationToken cancel) =>
        [.. (await serving.ReadAsync(cancel)).Endpoints.Select(endpoint => endpoint.Address)];

    private static EndpointNow Row(ServingSnapshot now, Endpoint endpoint, FiguresNow? measured)
    {
        var arms = now.ArmsOf(endpoint);
        var candidate = arms.FirstOrDefault(arm => arm.Role == VersionRole.Candidate);
        var stable = arms.FirstOrDefault(arm => arm.Role == VersionRole.Stable);
        var rollout = now.Rollouts.GetValueOrDefault(endpoint.Id);
        var nodes = now.NodesOf(endpoint).ToList();
        var environment = now.Environments.GetValueOrDefault(endpoint.Environment);
        return new(
            endpoint.Environment,
            endpoint.Name,
            endpoint.StableRelease is { } id ? now.Releases.GetValueOrDefault(id)?.Model : endpoint.Name,
            stable?.Version,
            candidate?.Version,
            candidate?.Asked ?? 0,
            endpoint.StableSince,
            rollout?.Phase.ToString(),
            rollout?.Number,
            measured?.RequestsPerSecond,
            measured?.ErrorShare,
            measured?.P50Ms,
            measured?.P99Ms,
            endpoint.SloP99Ms ?? DefaultLimitP99Ms,
            [.. (measured?.Requests ?? []).Select(value => double.IsFinite(value) ? value : (double?)null)],
            environment is null ? 0 : nodes.Count(node => now.IsLive(node.Status) && Convergence.HasApplied(node.Status!.Report, environment.TimelineId, environment.Revision)),
            nodes.Count,
            nodes.Count(node => node.Status?.Report.Rejected is not null));
    }
}

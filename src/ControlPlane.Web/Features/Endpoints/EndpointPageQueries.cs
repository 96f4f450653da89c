using System.Globalization;
using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Reports;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What the page of an endpoint shows.</summary>
public sealed class EndpointPageQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving, Measurements measurements)
{
    public async Task<EndpointView?> FindAsync(string environment, string name, CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        if (now.Endpoints.FirstOrDefault(known => known.Environment == environment && known.Name == name) is not { } endpoint)
            return null;

        var figures = await measurements.NowAsync([(environment, name)], cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        var latest = await db.Rollouts.AsNoTracking().Where(rollout => rollout.EndpointId == endpoint.Id && rollout.Phase == RolloutPhase.Completed)
            .OrderByDescending(rollout => rollout.Number).FirstOrDefaultAsync(cancel);
        var count = await db.Rollouts.CountAsync(rollout => rollout.EndpointId == endpoint.Id, cancel);
        return View(now, endpoint, latest, count, figures.GetValueOrDefault(endpoint.Address));
    }

    /// <returns>Versions that are ready, newest first; those of the model that serves now before others.</returns>
    public async Task<IReadOnlyList<DeployableVersion>> DeployableAsync(string? model, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.Versions.Where(version => version.State == VersionState.Ready)
            .OrderByDescending(version => version.ModelName == model).ThenByDescending(version => version.UploadedAt).Take(200)
            .Select(version => new DeployableVersion(version.ModelName, version.Number, version.UploadedAt)).ToListAsync(cancel);
    }

    private static EndpointView View(ServingSnapshot now, Endpoint endpoint, Rollout? latest, int count, FiguresNow? figures)
    {
        var environment = now.Environments.GetValueOrDefault(endpoint.Environment);
        var arms = Planner.Arms(endpoint, now.Rollouts.GetValueOrDefault(endpoint.Id));
        var candidate = arms.FirstOrDefault(arm => arm.Name == "candidate");
        var nodes = now.NodesOf(endpoint).ToList();
        var running = now.Rollouts.GetValueOrDefault(endpoint.Id);
        return new(
            endpoint.Environment,
            endpoint.Name,
            endpoint.Pool,
            environment?.IsProtected == true,
            endpoint.SloP99Ms ?? EndpointsNow.DefaultLimitP99Ms,
            Release(now, arms.FirstOrDefault(arm => arm.Name == "stable")?.Release),
            Release(now, candidate?.Release),
            (candidate?.Weight ?? 0) / 10_000d,
            endpoint.StableSince,
            latest is not null && latest.ToRelease == endpoint.StableRelease ? $"{(latest.Plan.Strategy == Strategies.Rollback ? "rolled back" : "deployed")} by {latest.CreatedBy}" : null,
            Release(now, endpoint.PreviousRelease),
            endpoint.PreviousRelease is { } previous ? nodes.Count(node => now.IsLive(node.Status) && Convergence.IsWarm(node.Status!.Report, previous)) : 0,
            environment?.Revision ?? 0,
            [.. nodes.Select(node => NodeRow(now, endpoint, running, node.Node, node.Status))],
            nodes.Max(node => node.Status?.LastSeen),
            running is null ? null : RolloutRow.Of(running, id => now.Releases.GetValueOrDefault(id)?.Version ?? "?"),
            count,
            figures)
        {
            Logging = endpoint.Logging,
        };
    }

    private static EndpointNodeRow NodeRow(ServingSnapshot now, Endpoint endpoint, Rollout? running, Node node, NodeStatus? status)
    {
        var mine = new[] { endpoint.StableRelease, endpoint.PreviousRelease, running?.ToRelease };
        var rejected = status?.Report.Rejected;
        return new(
            node.Name,
            now.IsLive(status),
            status?.Report.AppliedRevision ?? 0,
            rejected?.Revision,
            rejected?.Reason,
            rejected?.Detail,
            status?.LastSeen,
            [.. (status?.Report.Serving ?? []).Where(served => mine.Contains(served.Release))
                .OrderByDescending(served => served.State == ServedRelease.Serving).Select(served => new HeldVersion(served.Version, served.State))]);
    }

    private static ReleaseRow? Release(ServingSnapshot now, string? id) =>
        id is not null && now.Releases.GetValueOrDefault(id) is { } release ? new(release.Id, release.Model, release.Version, release.CreatedAt, release.CreatedBy) : null;
}

using ControlPlane.Domain.Nodes;
using ControlPlane.Web.Shared;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What the pages of nodes show.</summary>
public sealed class NodesPageQueries(ServingNow serving)
{
    /// <returns>Worst first, then by name. Revoked nodes are left out.</returns>
    public async Task<IReadOnlyList<NodeRow>> ListAsync(CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        return [.. now.Nodes.Where(node => node.Node.RevokedAt is null).Select(node => Row(now, node.Node, node.Status)).OrderBy(row => row.State).ThenBy(row => row.Name, StringComparer.Ordinal)];
    }

    public async Task<NodeRow?> FindAsync(string name, CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        var found = now.Nodes.FirstOrDefault(node => node.Node.Name == name);
        return found.Node is null ? null : Row(now, found.Node, found.Status);
    }

    private static NodeRow Row(ServingSnapshot now, Node node, NodeStatus? status)
    {
        var report = status?.Report;
        return new(
            node.Name,
            node.Kind,
            node.Environment,
            node.Pool,
            Condition(now, node, status),
            status?.LastSeen,
            now.Environments.GetValueOrDefault(node.Environment)?.Revision ?? 0,
            report?.AppliedRevision ?? 0,
            report?.Rejected?.Revision,
            report?.Rejected?.Reason,
            report?.Rejected?.Detail,
            [.. (report?.Serving ?? []).OrderByDescending(served => served.State == ServedRelease.Serving).ThenBy(served => served.Model, StringComparer.Ordinal)
                .Select(served => new NodeVersion(served.Model, served.Version, served.State, served.Release, served.Since))],
            [.. (report?.Quarantined ?? []).Select(kept => new QuarantinedVersion(kept.Release, kept.Reason, kept.At))],
            report is { DiskFreeBytes: > 0 } ? report.DiskFreeBytes : null,
            report is { MemoryBytes: > 0 } ? report.MemoryBytes : null,
            report?.AgentVersion,
            status?.ClockOffset.TotalMilliseconds,
            report?.Address ?? node.Address,
            report?.Source,
            report?.StartedAt,
            node.JoinedAt,
            report?.LogDropped ?? 0,
            node.RotationAskedAt,
            node.SecondSessionAt);
    }

    private static NodeCondition Condition(ServingSnapshot now, Node node, NodeStatus? status) => (node, status) switch
    {
        ({ RevokedAt: not null }, _) => NodeCondition.Revoked,
        (_, null) => NodeCondition.Waiting,
        _ when !now.IsLive(status) => NodeCondition.Silent,
        (_, { Report.Rejected.Reason: RejectionReasons.StateNotWritten }) => NodeCondition.NotWritten,
        (_, { Report.Rejected: not null }) => NodeCondition.Refused,
        (_, { Report.Quarantined.Count: > 0 }) => NodeCondition.Quarantine,
        (_, { Report.Draining: true }) => NodeCondition.Draining,
        _ when status!.Report.Serving.Any(served => served.State == ServedRelease.Loading) => NodeCondition.Loading,
        ({ Kind: "gateway" }, _) => NodeCondition.Serving,
        (_, { Report.Serving.Count: 0 }) => NodeCondition.Waiting,
        _ => NodeCondition.Serving,
    };
}

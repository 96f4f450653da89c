using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Joining;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Live;

/// <summary>The serving nodes of an environment with what they said last.</summary>
internal sealed class Fleet(NodeReports reports, TimeProvider time)
{
    public async Task<IReadOnlyList<FleetNode>> ReadAsync(ControlPlaneDb db, string environment, CancellationToken cancel)
    {
        var nodes = await db.Nodes.AsNoTracking()
            .Where(node => node.Environment == environment && node.Kind == JoinRequest.Node && node.RevokedAt == null)
            .OrderBy(node => node.Name).ToListAsync(cancel);
        var now = time.GetUtcNow();
        return [.. nodes.Select(node =>
        {
            var seen = reports.Of(node.Id);
            return new FleetNode(node.Name, node.Pool, seen?.Report, seen?.At, seen is not null && Convergence.IsReachable(seen.At, now) && !seen.Report.Draining);
        })];
    }
}

/// <param name="Report">Null: it never reported.</param>
internal sealed record FleetNode(string Name, string Pool, Report? Report, DateTimeOffset? LastSeen, bool IsReachable);

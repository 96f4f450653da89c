using System.Text.Json;
using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>The live nodes of an environment, for its gateways.</summary>
internal sealed class PeerLists(IDbContextFactory<ControlPlaneDb> factory, NodeReports reports, TimeProvider time)
{
    public async Task<PeerList> ReadAsync(string environment, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var nodes = await db.Nodes.AsNoTracking()
            .Where(node => node.Environment == environment && node.Kind == JoinRequest.Node && node.RevokedAt == null)
            .OrderBy(node => node.Name).ToListAsync(cancel);
        var now = time.GetUtcNow();
        // A silent node stays on the list: gateways ask it themselves, and a control plane that was away must not empty their lists.
        var live = nodes
            .Select(node => (Node: node, Seen: reports.Of(node.Id)))
            .Where(pair => pair.Seen is { Report.Draining: false, Report.Address: not null } || pair.Seen is null && pair.Node.Address is not null)
            .Where(pair => pair.Seen is null || now - pair.Seen.At < TimeSpan.FromMinutes(10))
            .Select(pair => new Peer(pair.Node.Name, pair.Node.Pool, pair.Seen?.Report.Address ?? pair.Node.Address!, pair.Seen?.Report.Http2Address));
        return new PeerList(environment, now.ToUnixTimeMilliseconds(), [.. live]);
    }

    public async Task<byte[]> BytesAsync(string environment, CancellationToken cancel) =>
        JsonSerializer.SerializeToUtf8Bytes(await ReadAsync(environment, cancel), ContractsJson.Default.PeerList);
}

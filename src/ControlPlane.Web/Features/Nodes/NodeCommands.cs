using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What can be done with nodes.</summary>
internal sealed class NodeCommands(IDbContextFactory<ControlPlaneDb> factory, NodeReports reports, IHubContext<NodeHub> hub, NodeConnections connections, LiveFeed feed, TimeProvider time)
{
    /// <summary>No new requests; those under way are finished.</summary>
    public async Task<Outcome<Done>> DrainAsync(string name, Actor actor, CancellationToken cancel)
    {
        var outcome = await NoteAsync(name, "node.drained", actor, cancel);
        if (outcome.TryGet(out var id, out var refusal))
            await hub.Clients.Group(NodeHub.One(id.Value)).SendAsync("Drain", cancel);
        return refusal is null ? default(Done) : refusal;
    }

    public async Task<Outcome<Done>> ClearQuarantineAsync(string name, Actor actor, CancellationToken cancel)
    {
        var outcome = await NoteAsync(name, "node.quarantineCleared", actor, cancel);
        if (outcome.TryGet(out var id, out var refusal))
            await hub.Clients.Group(NodeHub.One(id.Value)).SendAsync("ClearQuarantine", cancel);
        return refusal is null ? default(Done) : refusal;
    }

    /// <summary>The node fetches a new credential when it hears of this, at the latest when it connects; the old one is good until the new one is used.</summary>
    public async Task<Outcome<Done>> RotateAsync(string name, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<NodeId>(actor, new Need(Permission.RevokeNodes, $"node/{name}"), time.GetUtcNow(), async db =>
        {
            var node = await db.Nodes.SingleOrDefaultAsync(known => known.Name == name, cancel);
            if (node is null)
                return Refusal.NotFound("node", name);
            if (node.RevokedAt is not null)
                return new Refusal("NodeRevoked", $"{name} has been revoked and has no credential. Let it join again with a new join token.");
            node.RotationAskedAt = time.GetUtcNow();
            db.Audit(actor, "node.rotationAsked", $"node/{name}", time.GetUtcNow());
            return node.Id;
        }, cancel);
        if (!outcome.TryGet(out var id, out var refusal))
            return refusal;

        await hub.Clients.Group(NodeHub.One(id.Value)).SendAsync(NodeHub.RotateCredential, cancel);
        feed.Publish(LiveTopics.Nodes);
        return default(Done);
    }

    /// <summary>The node's credential is worth nothing from now on; what it serves it goes on serving until someone stops it.</summary>
    public async Task<Outcome<Done>> RevokeAsync(string name, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<NodeId>(actor, new Need(Permission.RevokeNodes, $"node/{name}"), time.GetUtcNow(), async db =>
        {
            var node = await db.Nodes.SingleOrDefaultAsync(known => known.Name == name, cancel);
            if (node is null)
                return Refusal.NotFound("node", name);
            node.RevokedAt ??= time.GetUtcNow();
            node.NextCredentialHash = null;
            node.RotationAskedAt = null;
            db.Audit(actor, "node.revoked", $"node/{name}", time.GetUtcNow());
            return node.Id;
        }, cancel);
        if (!outcome.TryGet(out var id, out var refusal))
            return refusal;

        connections.End(id);
        reports.Forget(id);
        feed.Publish(LiveTopics.Nodes);
        return default(Done);
    }

    /// <summary>After a restore of the database: a new timeline above everything that nodes hold, so that they follow again.</summary>
    public Task<Outcome<long>> ReassertAsync(string environment, Actor actor, CancellationToken cancel) => factory.ChangeAsync<long>(actor, new Need(Permission.Reassert, $"environment/{environment}", environment), time.GetUtcNow(), async db =>
    {
        if (!await db.Environments.AnyAsync(known => known.Name == environment, cancel))
            return Refusal.NotFound("environment", environment);
        var nodes = await db.Nodes.Where(node => node.Environment == environment).Select(node => node.Id).ToListAsync(cancel);
        var highest = nodes.Select(reports.Of).Max(seen => seen?.Report.AppliedRevision) ?? 0;
        var revision = await db.ReassertAsync(environment, highest, actor, time.GetUtcNow(), cancel);
        db.Audit(actor, "environment.reasserted", $"environment/{environment}", time.GetUtcNow(), $"revision {revision}");
        return revision;
    }, cancel);

    private Task<Outcome<NodeId>> NoteAsync(string name, string action, Actor actor, CancellationToken cancel) => factory.ChangeAsync<NodeId>(
        actor, db => DrainNeedAsync(db, name, cancel), time.GetUtcNow(), async db =>
    {
        var node = await db.Nodes.SingleOrDefaultAsync(known => known.Name == name, cancel);
        if (node is null)
            return Refusal.NotFound("node", name);
        db.Audit(actor, action, $"node/{name}", time.GetUtcNow());
        return node.Id;
    }, cancel);

    private static async Task<Need> DrainNeedAsync(ControlPlaneDb db, string name, CancellationToken cancel) =>
        new(Permission.DrainNodes, $"node/{name}", await db.Nodes.Where(known => known.Name == name).Select(known => known.Environment).SingleOrDefaultAsync(cancel));
}

using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Joining;
using JoinRow = ControlPlane.Domain.Nodes.JoinToken;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What can be done with nodes.</summary>
internal sealed class NodeCommands(IDbContextFactory<ControlPlaneDb> factory, NodeReports reports, IHubContext<NodeHub> hub, NodeConnections connections, LiveFeed feed, TimeProvider time)
{
    private const int MostUses = 1_000;
    private static readonly TimeSpan _longestLife = TimeSpan.FromDays(30);

    /// <summary>A token that lets <paramref name="uses"/> nodes join; shown this once.</summary>
    public Task<Outcome<(string Token, DateTimeOffset ExpiresAt)>> MakeJoinTokenAsync(
        string environment, string? pool, int uses, TimeSpan life, Actor actor, CancellationToken cancel) => factory.ChangeAsync<(string, DateTimeOffset)>(async db =>
    {
        if (!await db.Environments.AnyAsync(known => known.Name == environment, cancel))
            return Refusal.NotFound("environment", environment);
        if (Names.Check("pool", pool ?? "default") is { } badName)
            return badName;
        if (uses is < 1 or > MostUses || life <= TimeSpan.Zero || life > _longestLife)
            return Refusal.Invalid("uses", $"A join token is for 1 to {MostUses} nodes and up to {_longestLife.TotalDays:0} days.");

        var now = time.GetUtcNow();
        var secret = Token.New(Token.Join);
        var row = new JoinRow
        {
            Id = TokenId.New(now), Hash = Token.HashOf(secret), Environment = environment, Pool = pool ?? "default",
            UsesLeft = uses, CreatedBy = actor.Name, CreatedAt = now, ExpiresAt = now + life,
        };
        db.JoinTokens.Add(row);
        db.Audit(actor, "joinToken.created", $"environment/{environment}", now);
        return (secret, row.ExpiresAt);
    }, cancel);

    /// <summary>Takes a node or gateway in, or gives one that is known by name a new credential.</summary>
    public Task<Outcome<JoinResponse>> JoinAsync(JoinRequest request, CancellationToken cancel) => factory.ChangeAsync<JoinResponse>(async db =>
    {
        var now = time.GetUtcNow();
        var hash = Token.HashOf(request.JoinToken);
        var token = await db.JoinTokens.SingleOrDefaultAsync(known => known.Hash == hash, cancel);
        if (token is null || token.RevokedAt is not null || token.ExpiresAt <= now || token.UsesLeft <= 0)
            return new Refusal("JoinTokenInvalid", "This join token is unknown, used up, expired or revoked. Make a new one on the page Nodes, or with cpctl node join-token.", RefusalKind.Unauthenticated);
        if (Names.Check("name", request.Name.ToLowerInvariant()) is { } badName)
            return badName;
        if (request.Kind is not (JoinRequest.Node or JoinRequest.Gateway))
            return Refusal.Invalid("kind", "kind must be node or gateway.");

        token.UsesLeft--;
        var credential = Token.New(Token.Node);
        var node = await db.Nodes.SingleOrDefaultAsync(known => known.Name == request.Name, cancel);
        if (node is null)
        {
            node = new Node
            {
                Id = NodeId.New(now), Name = request.Name, Kind = request.Kind, Environment = token.Environment, Pool = token.Pool,
                CredentialHash = "", JoinedAt = now,
            };
            db.Nodes.Add(node);
        }

        node.Kind = request.Kind;
        node.Environment = token.Environment;
        node.Pool = token.Pool;
        node.Address = request.Address;
        node.CredentialHash = Token.HashOf(credential);
        node.JoinedAt = now;
        node.RevokedAt = null;
        db.Audit(new Actor(request.Name, ActorKind.Node), "node.joined", $"node/{request.Name}", now);
        feed.Publish(LiveTopics.Nodes);
        return new JoinResponse(node.Id.Value.ToString(), credential, node.Environment, node.Pool);
    }, cancel);

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

    /// <summary>The node's credential is worth nothing from now on; what it serves it goes on serving until someone stops it.</summary>
    public async Task<Outcome<Done>> RevokeAsync(string name, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<NodeId>(async db =>
        {
            var node = await db.Nodes.SingleOrDefaultAsync(known => known.Name == name, cancel);
            if (node is null)
                return Refusal.NotFound("node", name);
            node.RevokedAt ??= time.GetUtcNow();
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
    public Task<Outcome<long>> ReassertAsync(string environment, Actor actor, CancellationToken cancel) => factory.ChangeAsync<long>(async db =>
    {
        if (!await db.Environments.AnyAsync(known => known.Name == environment, cancel))
            return Refusal.NotFound("environment", environment);
        var nodes = await db.Nodes.Where(node => node.Environment == environment).Select(node => node.Id).ToListAsync(cancel);
        var highest = nodes.Select(reports.Of).Max(seen => seen?.Report.AppliedRevision) ?? 0;
        var revision = await db.ReassertAsync(environment, highest, actor, time.GetUtcNow(), cancel);
        db.Audit(actor, "environment.reasserted", $"environment/{environment}", time.GetUtcNow(), $"revision {revision}");
        return revision;
    }, cancel);

    private Task<Outcome<NodeId>> NoteAsync(string name, string action, Actor actor, CancellationToken cancel) => factory.ChangeAsync<NodeId>(async db =>
    {
        var node = await db.Nodes.SingleOrDefaultAsync(known => known.Name == name, cancel);
        if (node is null)
            return Refusal.NotFound("node", name);
        db.Audit(actor, action, $"node/{name}", time.GetUtcNow());
        return node.Id;
    }, cancel);
}

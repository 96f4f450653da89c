using System.Collections.Concurrent;
using ControlPlane.Data;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Whose credential it is, whether it is the only one that uses it, and the way to the next one. Thread-safe.</summary>
internal sealed partial class NodeCredentials(
    IDbContextFactory<ControlPlaneDb> factory, NodeSessions sessions, LiveFeed feed, IOptions<NodesOptions> options, TimeProvider time, ILogger<NodeCredentials> logger)
{
    private static readonly TimeSpan _fold = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(NodeId Node, string Action), DateTimeOffset> _written = new();

    /// <returns>The node that a credential belongs to and is let in; null: nobody.</returns>
    public async Task<Node?> FindAsync(string credential, string? session, CancellationToken cancel)
    {
        var hash = Token.HashOf(credential);
        await using var db = await factory.CreateDbContextAsync(cancel);
        var node = await db.Nodes.AsNoTracking().SingleOrDefaultAsync(known => known.CredentialHash == hash || known.NextCredentialHash == hash, cancel);
        if (node is null || node.RevokedAt is not null)
            return null;
        if (options.Value.SecondSession == SecondSession.Refuse && (session is null || sessions.IsTakenByAnother(node.Id, session)))
        {
            await NoteSecondAsync(node.Id, node.Name, cancel);
            return null;
        }

        if (session is not null)
            await HearAsync(node.Id, node.Name, session, cancel);
        return node.CredentialHash == hash ? node : await PromoteAsync(node.Id, hash, cancel);
    }

    /// <summary>Notes that a process speaks for the node.</summary>
    public async Task HearAsync(NodeId node, string name, string session, CancellationToken cancel)
    {
        if (sessions.Hear(node, session))
            await NoteSecondAsync(node, name, cancel);
    }

    /// <summary>Gives the node its next credential; the present one is good until that is used.</summary>
    public Task<Outcome<CredentialResponse>> RenewAsync(NodeId id, CancellationToken cancel) => factory.ChangeAsync<CredentialResponse>(
        async db =>
        {
            var node = await db.Nodes.SingleAsync(known => known.Id == id, cancel);
            var credential = Token.New(Token.Node);
            node.NextCredentialHash = Token.HashOf(credential);
            return new CredentialResponse(credential);
        },
        cancel);

    /// <summary>Writes down what a node was refused: once a minute for each kind, however often it tries.</summary>
    public async Task DenyAsync(NodeId node, string name, string action, string reason, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var last = _written.GetOrAdd((node, action), DateTimeOffset.MinValue);
        if (now - last < _fold || !_written.TryUpdate((node, action), now, last))
            return;
        LogDenied(name, action, reason);
        await using var db = await factory.CreateDbContextAsync(cancel);
        db.Audit(new Actor(name, ActorKind.Node), action, $"node/{name}", now, reason, outcome: "denied");
        await db.SaveChangesAsync(cancel);
    }

    private async Task NoteSecondAsync(NodeId id, string name, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using (var db = await factory.CreateDbContextAsync(cancel))
            await db.Nodes.Where(node => node.Id == id && (node.SecondSessionAt == null || node.SecondSessionAt < now.AddSeconds(-10))).ExecuteUpdateAsync(set => set.SetProperty(node => node.SecondSessionAt, now), cancel);
        await DenyAsync(id, name, "node.secondSession", "Two processes use its credential.", cancel);
        feed.Publish(LiveTopics.Nodes);
    }

    /// <summary>The new credential has arrived: from now on the old one is worth nothing.</summary>
    private async Task<Node?> PromoteAsync(NodeId id, string hash, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<Node>(
            async db =>
            {
                var node = await db.Nodes.SingleAsync(known => known.Id == id, cancel);
                if (node.NextCredentialHash == hash)
                {
                    (node.CredentialHash, node.NextCredentialHash, node.RotationAskedAt) = (hash, null, null);
                    db.Audit(new Actor(node.Name, ActorKind.Node), "node.credentialRotated", $"node/{node.Name}", time.GetUtcNow());
                }

                return node;
            },
            cancel);
        feed.Publish(LiveTopics.Nodes);
        return outcome.TryGet(out var promoted, out _) && promoted.CredentialHash == hash && promoted.RevokedAt is null ? promoted : null;
    }

    [LoggerMessage(LogLevel.Warning, "Node {Name} was refused ({Action}): {Reason}")]
    private partial void LogDenied(string name, string action, string reason);
}

using ControlPlane.Data;
using ControlPlane.Data.Audit;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Joining;
using JoinToken = ControlPlane.Domain.Nodes.JoinToken;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Tokens that let nodes in, and how they come in.</summary>
internal sealed class JoinCommands(IDbContextFactory<ControlPlaneDb> factory, JoinGuesses guesses, LiveFeed feed, TimeProvider time)
{
    private const int MostRows = 200;

    // The same words whatever is wrong with the token; the audit says what it was.
    private static readonly Refusal _refused = new(
        "JoinTokenInvalid",
        "This join token is unknown, used up, expired, revoked, older than the revocation of this node, or for another environment or pool. Make a new one on the page Nodes, or with cpctl node join-token.",
        RefusalKind.Unauthenticated);

    private static readonly Refusal _wait = new("TooManyRequests", "Too many wrong join tokens came from this address. Wait a minute. Nodes that have joined are not affected.", RefusalKind.Overloaded);

    /// <summary>A token that lets <paramref name="uses"/> nodes join; shown this once.</summary>
    public Task<Outcome<NewJoinToken>> MakeTokenAsync(string environment, string? pool, int uses, TimeSpan life, Actor actor, CancellationToken cancel) => factory.ChangeAsync<NewJoinToken>(
        actor,
        new Need(Permission.JoinNodes, $"environment/{environment}", environment),
        time.GetUtcNow(),
        async db =>
        {
            if (!await db.Environments.AnyAsync(known => known.Name == environment, cancel))
                return Refusal.NotFound("environment", environment);
            if (Names.Check("pool", pool ?? "default") is { } badName)
                return badName;
            if (uses is < 1 or > JoinToken.MostUses || life <= TimeSpan.Zero || life > JoinToken.LongestLife)
                return Refusal.Invalid("uses", $"A join token is for 1 to {JoinToken.MostUses} nodes and up to {JoinToken.LongestLife.TotalHours:0} hours.");

            var now = time.GetUtcNow();
            var secret = Token.New(Token.Join);
            var row = new JoinToken
            {
                Id = TokenId.New(now), Hash = Token.HashOf(secret), Environment = environment, Pool = pool ?? "default",
                UsesLeft = uses, CreatedBy = actor.Name, CreatedAt = now, ExpiresAt = now + life,
            };
            db.JoinTokens.Add(row);
            db.Audit(actor, "joinToken.created", $"joinToken/{row.Id.Value}", now, after: $"{environment}/{row.Pool}, {uses} uses, until {row.ExpiresAt:O}");
            return new NewJoinToken(row.Id.Value, secret, row.ExpiresAt);
        },
        cancel);

    /// <returns>Those that still let somebody in, newest first.</returns>
    public async Task<Outcome<IReadOnlyList<JoinTokenRow>>> ListTokensAsync(Actor actor, CancellationToken cancel)
    {
        if (await factory.WhyNotAsync(actor, new Need(Permission.JoinNodes, "joinTokens"), time.GetUtcNow(), cancel) is { } denied)
            return denied;
        var now = time.GetUtcNow();
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.JoinTokens.AsNoTracking()
            .Where(token => token.RevokedAt == null && token.UsesLeft > 0 && token.ExpiresAt > now)
            .OrderByDescending(token => token.CreatedAt).Take(MostRows)
            .Select(token => new JoinTokenRow(token.Id.Value, token.Environment, token.Pool, token.UsesLeft, token.CreatedBy, token.CreatedAt, token.ExpiresAt)).ToListAsync(cancel);
    }

    public async Task<Outcome<Done>> RevokeTokenAsync(Guid id, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<Done>(
            actor,
            new Need(Permission.JoinNodes, $"joinToken/{id}"),
            time.GetUtcNow(),
            async db =>
            {
                if (await db.JoinTokens.SingleOrDefaultAsync(known => known.Id == new TokenId(id), cancel) is not { } token)
                    return Refusal.NotFound("join token", id.ToString());
                token.RevokedAt ??= time.GetUtcNow();
                db.Audit(actor, "joinToken.revoked", $"joinToken/{id}", time.GetUtcNow());
                return default(Done);
            },
            cancel);
        feed.Publish(LiveTopics.Nodes);
        return outcome;
    }

    /// <summary>Takes a node or gateway in, or gives one that is known by name a new credential.</summary>
    /// <param name="from">The address that asks.</param>
    public async Task<Outcome<JoinResponse>> JoinAsync(JoinRequest request, string from, CancellationToken cancel)
    {
        if (guesses.AreTooMany(from))
            return _wait;
        if (Names.Check("name", request.Name.ToLowerInvariant()) is { } badName)
            return badName;
        if (request.Kind is not (JoinRequest.Node or JoinRequest.Gateway))
            return Refusal.Invalid("kind", "kind must be node or gateway.");

        string? cause = null;
        var outcome = await factory.ChangeAsync<JoinResponse>(
            async db =>
            {
                var hash = Token.HashOf(request.JoinToken);
                var token = await db.JoinTokens.SingleOrDefaultAsync(known => known.Hash == hash, cancel);
                var node = await db.Nodes.SingleOrDefaultAsync(known => known.Name == request.Name, cancel);
                cause = token is null ? "unknown join token" : token.WhyNot(request, node, time.GetUtcNow()) is { } why ? $"join token {token.Id.Value} is {why}" : null;
                if (cause is not null)
                    return _refused;
                if (node is { RevokedAt: null } && node.Environment != token!.Environment)
                {
                    cause = $"the name belongs to a node of environment {node.Environment}";
                    return new Refusal("NameTaken", $"A node called {request.Name} serves another environment. Choose another name (Node__Name), or revoke that node first.");
                }

                return Take(db, node, token!, request);
            },
            cancel);
        if (cause is not null)
        {
            guesses.Note(from);
            await DenyAsync(request.Name, $"{cause}; from {from}", cancel);
        }
        else
        {
            feed.Publish(LiveTopics.Nodes);
        }

        return outcome;
    }

    private JoinResponse Take(ControlPlaneDb db, Node? node, JoinToken token, JoinRequest request)
    {
        var now = time.GetUtcNow();
        var credential = Token.New(Token.Node);
        token.UsesLeft--;
        if (node is null)
        {
            node = new Node { Id = NodeId.New(now), Name = request.Name, Kind = request.Kind, Environment = token.Environment, Pool = token.Pool, CredentialHash = "", JoinedAt = now };
            db.Nodes.Add(node);
        }

        node.Kind = request.Kind;
        node.Environment = token.Environment;
        node.Pool = token.Pool;
        node.Address = request.Address;
        node.CredentialHash = Token.HashOf(credential);
        node.NextCredentialHash = null;
        node.RotationAskedAt = null;
        node.SecondSessionAt = null;
        node.JoinedAt = now;
        node.RevokedAt = null;
        db.Audit(new Actor(request.Name, ActorKind.Node), "node.joined", $"node/{request.Name}", now, $"with join token {token.Id.Value}");
        return new JoinResponse(node.Id.Value.ToString(), credential, node.Environment, node.Pool);
    }

    private async Task DenyAsync(string name, string reason, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        await db.DenyAsync(new Actor("anon", ActorKind.Node), "node.join.denied", $"node/{name}", time.GetUtcNow(), reason, cancel);
    }
}

/// <param name="Token">The secret itself, shown this once.</param>
internal sealed record NewJoinToken(Guid Id, string Token, DateTimeOffset ExpiresAt)
{
    /// <summary>Whoever logs it logs no secret.</summary>
    public override string ToString() => $"Join token {Id} until {ExpiresAt:O}";
}

internal sealed record JoinTokenRow(Guid Id, string Environment, string Pool, int UsesLeft, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

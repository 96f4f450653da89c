using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Access;

/// <summary>Tokens for machines, and sessions of people in terminals.</summary>
internal sealed class TokenCommands(IDbContextFactory<ControlPlaneDb> factory, TimeProvider time)
{
    private const int MostRows = 1000;
    private static readonly TimeSpan _session = TimeSpan.FromHours(12);
    private static readonly TimeSpan _longest = TimeSpan.FromDays(365);

    /// <returns>The secret, shown this once, and when it expires.</returns>
    public Task<Outcome<NewToken>> OpenSessionAsync(string email, string role, CancellationToken cancel) =>
        AddAsync(new Actor(email, ActorKind.Person), "session", role, TokenKinds.Session, time.GetUtcNow() + _session, cancel);

    public async Task<Outcome<NewToken>> CreateAsync(Actor actor, string? name, string? role, DateTimeOffset? expiresAt, CancellationToken cancel)
    {
        var at = time.GetUtcNow();
        if (await factory.WhyNotAsync(actor, NeedOf($"token/{name}"), at, cancel) is { } denied)
            return denied;
        if (string.IsNullOrWhiteSpace(name) || name.Length > 128)
            return Refusal.Invalid("name", "A token has a name of 1 to 128 characters.");
        if (role is null || Roles.Of(role) is null)
            return Refusal.Invalid("role", $"A role is one of {string.Join(", ", Roles.All.Select(known => known.Name()))}.");
        if (expiresAt is null || expiresAt <= at || expiresAt > at + _longest)
            return Refusal.Invalid("expiresAt", "A token expires in the future, in 365 days at the latest.");

        return await AddAsync(actor, name, role, TokenKinds.Token, expiresAt.Value, cancel);
    }

    public async Task<Outcome<IReadOnlyList<TokenRow>>> ListAsync(Actor actor, CancellationToken cancel)
    {
        if (await factory.WhyNotAsync(actor, NeedOf("tokens"), time.GetUtcNow(), cancel) is { } denied)
            return denied;
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.ApiTokens.AsNoTracking()
            .Where(token => token.Kind == TokenKinds.Token)
            .OrderBy(token => token.CreatedAt)
            .Take(MostRows)
            .Select(token => new TokenRow(token.Id.Value.ToString(), token.Name, token.Role, token.CreatedBy, token.CreatedAt, token.ExpiresAt, token.RevokedAt, token.LastUsedAt))
            .ToListAsync(cancel);
    }

    public Task<Outcome<Done>> RevokeAsync(Actor actor, Guid id, CancellationToken cancel) => factory.ChangeAsync<Done>(
        actor,
        NeedOf($"token/{id}"),
        time.GetUtcNow(),
        async db =>
        {
            var token = await db.ApiTokens.SingleOrDefaultAsync(row => row.Id == new TokenId(id) && row.Kind == TokenKinds.Token, cancel);
            if (token is null)
                return Refusal.NotFound("token", id.ToString());
            token.RevokedAt ??= time.GetUtcNow();
            db.Audit(actor, "token.revoked", $"token/{token.Name}", time.GetUtcNow());
            return default(Done);
        },
        cancel);

    private static Need NeedOf(string target) => new(Permission.ManageTokens, target);

    private Task<Outcome<NewToken>> AddAsync(Actor actor, string name, string role, string kind, DateTimeOffset expiresAt, CancellationToken cancel) => factory.ChangeAsync<NewToken>(
        db =>
        {
            var at = time.GetUtcNow();
            var secret = Token.New(Token.Person);
            var token = new ApiToken
            {
                Id = TokenId.New(at), Name = name, Hash = Token.HashOf(secret), Role = role, Kind = kind, CreatedBy = actor.Name, CreatedAt = at, ExpiresAt = expiresAt.ToUniversalTime(),
            };
            db.ApiTokens.Add(token);
            db.Audit(actor, kind == TokenKinds.Session ? "session.opened" : "token.created", $"token/{name}", at);
            return Task.FromResult<Outcome<NewToken>>(new NewToken(token.Id.Value.ToString(), secret, token.ExpiresAt));
        },
        cancel);
}

/// <param name="Token">The secret itself, shown this once.</param>
internal sealed record NewToken(string Id, string Token, DateTimeOffset ExpiresAt)
{
    /// <summary>Whoever logs it logs no secret.</summary>
    public override string ToString() => $"Token {Id} until {ExpiresAt:O}";
}

internal sealed record TokenRow(string Id, string Name, string Role, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt);

using System.Collections.Concurrent;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Access;

/// <summary>
/// Whom a token stands for, remembered for seconds: a script that asks a hundred times a second does not ask the database a hundred times who it is.
/// What is revoked or disabled here is forgotten with the change itself (<see cref="TokenChanges"/>), elsewhere after <see cref="Remembered"/>; commands
/// ask the database whatever stands here. Thread-safe; bounded.
/// </summary>
internal sealed class TokenChecks(IDbContextFactory<ControlPlaneDb> factory, TimeProvider time) : IDisposable
{
    /// <summary>How long another control plane may take to notice: well below the 5 s that are promised.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(3);

    private const int MostTokens = 10_000;

    private readonly ConcurrentDictionary<TokenId, DateTimeOffset> _used = new();
    private MemoryCache _known = Empty();
    private long _generation;

    /// <returns>Whom it stands for, or why nobody: for those who look after it.</returns>
    public async Task<TokenCheck> CheckAsync(string token, CancellationToken cancel)
    {
        var hash = Token.HashOf(token);
        var now = time.GetUtcNow();
        if (_known.TryGetValue<TokenCheck>(hash, out var known) && known is not null && now < known.Until)
        {
            _used[known.Id!.Value] = now;
            return known;
        }

        var generation = Interlocked.Read(ref _generation);
        var found = await FindAsync(hash, now, cancel);
        if (found.Role is null)
            return found;
        _used[found.Id!.Value] = now;
        // Something changed while it was looked up: what was found may be the state before.
        if (generation == Interlocked.Read(ref _generation))
            _known.Set(hash, found, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Remembered });
        return found;
    }

    /// <summary>Somebody or some token has changed.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _generation);
        Interlocked.Exchange(ref _known, Empty()).Dispose();
    }

    /// <summary>Tokens that were used since the last call, and when.</summary>
    public IReadOnlyList<(TokenId Id, DateTimeOffset At)> TakeUses()
    {
        var uses = new List<(TokenId, DateTimeOffset)>();
        foreach (var id in _used.Keys)
        {
            if (_used.TryRemove(id, out var at))
                uses.Add((id, at));
        }

        return uses;
    }

    public void Dispose() => _known.Dispose();

    private static MemoryCache Empty() => new(new MemoryCacheOptions { SizeLimit = MostTokens });

    private async Task<TokenCheck> FindAsync(string hash, DateTimeOffset now, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.ApiTokens.AsNoTracking().FirstOrDefaultAsync(row => row.Hash == hash, cancel) is not { } row)
            return new TokenCheck(null, null, null, "unknown", default);
        var until = row.ExpiresAt < now + Remembered ? row.ExpiresAt : now + Remembered;
        var actor = row.Kind == TokenKinds.Session ? new Actor(row.CreatedBy, ActorKind.Person, ProvedAt: row.CreatedAt) : new Actor($"token:{row.Name}", ActorKind.Token, Token: row.Id);
        var check = new TokenCheck(row.Id, actor, row.Kind, null, until);
        if (!row.IsValid(now))
            return check with { WhyNot = row.RevokedAt is not null ? "revoked" : "expired" };
        return await db.RoleOfAsync(actor, now, cancel) is { } role ? check with { Role = role } : check with { WhyNot = "whom it belongs to is disabled" };
    }
}

/// <param name="Id">Null: no such token.</param>
/// <param name="WhyNot">Null where <see cref="Role"/> is not.</param>
internal sealed record TokenCheck(TokenId? Id, Actor? Actor, string? Kind, string? WhyNot, DateTimeOffset Until)
{
    /// <summary>Null: it stands for nobody any more.</summary>
    public Role? Role { get; init; }
}

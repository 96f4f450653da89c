using System.Collections.Concurrent;
using ControlPlane.Data;
using ControlPlane.Domain.Identity;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Access;

/// <summary>Writes down tokens that were refused: the public id where there is one, never the secret; once a minute each, so that a loop does not fill the audit. Thread-safe.</summary>
internal sealed class TokenDenials(IDbContextFactory<ControlPlaneDb> factory, TimeProvider time)
{
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan _fold = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _written = new(StringComparer.Ordinal);

    /// <param name="from">The address that asks.</param>
    public async Task WriteAsync(TokenCheck check, string from, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var key = check.Id?.Value.ToString() ?? from;
        if (_written.TryGetValue(key, out var last) && now - last < _fold)
            return;
        if (_written.Count >= MostRemembered)
            _written.Clear();
        _written[key] = now;
        await using var db = await factory.CreateDbContextAsync(cancel);
        db.Audit(check.Actor ?? new Actor("anon", ActorKind.Token), "token.denied", check.Id is { } id ? $"token/{id.Value}" : "token", now, $"{check.WhyNot}; from {from}", outcome: "denied");
        await db.SaveChangesAsync(cancel);
    }
}

using ControlPlane.Data.Releases;
using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data;

/// <summary>How a change is made: one context, one transaction, all of it or nothing.</summary>
public static class Changes
{
    private const int MostAttempts = 5;

    /// <summary>
    /// Runs a change in a transaction that on SQLite takes the write lock at once; saved and committed when it ends with a value. A change that lost a
    /// race is made again from the start, on what the other one left behind: its own rules decide whether it still makes sense.
    /// </summary>
    /// <param name="change">Reads what it decides on through the context it is given, and may run several times.</param>
    /// <returns>Its value or refusal; <c>Stale</c> when it lost again and again.</returns>
    public static async Task<Outcome<T>> ChangeAsync<T>(
        this IDbContextFactory<ControlPlaneDb> factory, Func<ControlPlaneDb, Task<Outcome<T>>> change, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await OnceAsync(factory, change, cancel);
            }
            catch (Exception lost) when (attempt < MostAttempts && LostRace.Is(lost))
            {
            }
            catch (RevisionRegressionException behind)
            {
                return behind.ToRefusal();
            }
            catch (DbUpdateConcurrencyException stale)
            {
                return Refusal.Stale(stale.Entries.Count > 0 ? stale.Entries[0].Metadata.ClrType.Name : "It");
            }
        }
    }

    private static async Task<Outcome<T>> OnceAsync<T>(
        IDbContextFactory<ControlPlaneDb> factory, Func<ControlPlaneDb, Task<Outcome<T>>> change, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var outcome = await change(db);
        if (!outcome.TryGet(out _, out _))
            return outcome;
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return outcome;
    }

    /// <summary>Writes down who did what, in the same transaction.</summary>
    public static void Audit(
        this ControlPlaneDb db, Actor actor, string action, string target, DateTimeOffset at, string? reason = null, string? before = null, string? after = null) =>
        db.AuditEntries.Add(new AuditEntry
        {
            At = at,
            Actor = actor.Name,
            ActorKind = actor.Kind,
            Action = action,
            Target = target,
            Reason = reason,
            Before = before,
            After = after,
        });
}

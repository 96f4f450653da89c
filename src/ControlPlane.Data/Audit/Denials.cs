using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data.Audit;

/// <summary>
/// Denials cost whoever asks nothing, so a flood of them must not bury what was changed: of the same actor, the same event and the same minute the
/// first ones are written in full and the rest becomes one row with their number. Changes are never folded.
/// </summary>
public static class Denials
{
    public const int InFull = 50;

    private const int MostAttempts = 3;
    private const int MostFolded = 500;

    /// <summary>Writes a denial down, in a transaction of its own.</summary>
    public static async Task DenyAsync(this ControlPlaneDb db, Actor actor, string action, string target, DateTimeOffset at, string? reason, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await db.Database.BeginTransactionAsync(cancel);
                if (await db.CountAsync(actor, action, target, at, cancel) <= InFull)
                    db.Audit(actor, action, target, at, reason, outcome: "denied");
                await db.SaveChangesAsync(cancel);
                await transaction.CommitAsync(cancel);
                return;
            }
            catch (DbUpdateException) when (attempt < MostAttempts)
            {
                // Another made the same minute's first row at the same time.
                foreach (var entry in db.ChangeTracker.Entries().Where(entry => entry.State == EntityState.Added).ToList())
                    entry.State = EntityState.Detached;
            }
        }
    }

    /// <summary>Writes what was only counted in minutes that are over.</summary>
    public static async Task<Outcome<int>> FoldDenialsAsync(this IDbContextFactory<ControlPlaneDb> factory, DateTimeOffset at, CancellationToken cancel)
    {
        var minute = MinuteOf(at);
        await using (var look = await factory.CreateDbContextAsync(cancel))
        {
            if (!await look.DenialCounts.AnyAsync(count => count.Minute < minute, cancel))
                return 0;
        }

        return await factory.ChangeAsync<int>(async db =>
        {
            var over = await db.DenialCounts.Where(count => count.Minute < minute).OrderBy(count => count.Minute).Take(MostFolded).ToListAsync(cancel);
            var folded = over.Where(count => count.Count > InFull).ToList();
            db.AuditEntries.AddRange(folded.Select(count => new AuditEntry
            {
                At = count.LastAt,
                Actor = count.Actor,
                ActorKind = count.ActorKind,
                Action = count.Action,
                Target = count.Target,
                Outcome = "denied",
                Reason = $"{count.Count - InFull} more in this minute; the target is that of the last one.",
                Repeats = count.Count - InFull,
                FirstAt = count.FirstAt,
            }));
            db.DenialCounts.RemoveRange(over);
            return folded.Count;
        }, cancel);
    }

    /// <returns>The how-manieth it is.</returns>
    private static async Task<long> CountAsync(this ControlPlaneDb db, Actor actor, string action, string target, DateTimeOffset at, CancellationToken cancel)
    {
        var (minute, name, last) = (MinuteOf(at), Changes.Name(actor.Name), Changes.Name(target));
        var row = db.DenialCounts.Where(count => count.Minute == minute && count.Actor == name && count.Action == action);
        // Counted by the database, so that two at once are two.
        if (await row.ExecuteUpdateAsync(set => set.SetProperty(count => count.Count, count => count.Count + 1).SetProperty(count => count.LastAt, at).SetProperty(count => count.Target, last), cancel) > 0)
            return await row.Select(count => count.Count).SingleAsync(cancel);
        db.DenialCounts.Add(new DenialCount { Minute = minute, Actor = name, Action = action, ActorKind = actor.Kind, Target = last, Count = 1, FirstAt = at, LastAt = at });
        return 1;
    }

    private static DateTimeOffset MinuteOf(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
}

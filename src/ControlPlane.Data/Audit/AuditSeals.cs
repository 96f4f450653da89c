using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data.Audit;

/// <summary>The chain over the audit: made by one control plane at a time, checked by whoever asks.</summary>
public static class AuditSeals
{
    private const string Lease = "sealer";
    private const int Most = 1000;

    /// <summary>Ids are given out before a transaction ends: a row may come into sight after later ones were sealed. None is this far behind.</summary>
    private const long Late = 10_000;

    /// <returns>Whether this owner may seal until then. What protects the chain is its key; the lease only spares the others the work.</returns>
    public static async Task<bool> LeaseSealerAsync(this IDbContextFactory<ControlPlaneDb> factory, string owner, DateTimeOffset now, TimeSpan length, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var until = now + length;
        if (await db.AuditLeases.Where(lease => lease.Name == Lease && (lease.Owner == owner || lease.Until < now))
            .ExecuteUpdateAsync(row => row.SetProperty(lease => lease.Owner, owner).SetProperty(lease => lease.Until, until), cancel) > 0)
            return true;
        if (await db.AuditLeases.AnyAsync(lease => lease.Name == Lease, cancel))
            return false;
        db.AuditLeases.Add(new AuditLease { Name = Lease, Owner = owner, Until = until });
        try
        {
            await db.SaveChangesAsync(cancel);
            return true;
        }
        catch (DbUpdateException)
        {
            return false;
        }
    }

    /// <summary>Links rows that are not in the chain yet, a bounded number of them.</summary>
    /// <returns>How many.</returns>
    public static async Task<Outcome<int>> SealAsync(this IDbContextFactory<ControlPlaneDb> factory, DateTimeOffset at, CancellationToken cancel)
    {
        await using (var look = await factory.CreateDbContextAsync(cancel))
        {
            if (!await (await look.UnsealedAsync(cancel)).AnyAsync(cancel))
                return 0;
        }

        return await factory.ChangeAsync<int>(async db =>
        {
            var head = await db.AuditHeadAsync(cancel);
            var rows = await (await db.UnsealedAsync(cancel)).OrderBy(entry => entry.Id).Take(Most).ToListAsync(cancel);
            foreach (var row in rows)
            {
                head = new AuditHead(head.Number + 1, AuditChain.Seal(head.Seal, row));
                db.AuditLinks.Add(new AuditLink { Number = head.Number, EntryId = row.Id, Seal = head.Seal, SealedAt = at });
            }

            return rows.Count;
        }, cancel);
    }

    public static async Task<AuditHead> AuditHeadAsync(this ControlPlaneDb db, CancellationToken cancel) =>
        await db.AuditLinks.OrderByDescending(link => link.Number).Select(link => new AuditHead(link.Number, link.Seal)).FirstOrDefaultAsync(cancel) ?? AuditHead.None;

    /// <summary>Goes over every row from the first.</summary>
    /// <param name="expected">A head that was seen before, from a log: the chain has to hold it still.</param>
    public static async Task<AuditVerdict> VerifyAuditAsync(this ControlPlaneDb db, AuditHead? expected, CancellationToken cancel)
    {
        var head = AuditHead.None;
        while (true)
        {
            var after = head.Number;
            var links = await db.AuditLinks.AsNoTracking().Where(link => link.Number > after).OrderBy(link => link.Number).Take(Most).ToListAsync(cancel);
            if (links.Count == 0)
                break;
            var ids = links.Select(link => link.EntryId).ToList();
            var rows = await db.AuditEntries.AsNoTracking().Where(entry => ids.Contains(entry.Id)).ToDictionaryAsync(entry => entry.Id, cancel);
            foreach (var link in links)
            {
                if (link.Number != head.Number + 1)
                    return new(head, null, $"Link {head.Number + 1} of the chain is missing.", 0);
                if (!rows.TryGetValue(link.EntryId, out var row))
                    return new(head, link.EntryId, $"Row {link.EntryId} was deleted after it was sealed.", 0);
                if (AuditChain.Seal(head.Seal, row) != link.Seal)
                    return new(head, link.EntryId, $"Row {link.EntryId} is not as it was sealed.", 0);
                if (link.Number == expected?.Number && link.Seal != expected.Seal)
                    return new(head, link.EntryId, $"The chain has another seal at {link.Number} than the one given: it was made anew.", 0);
                head = new AuditHead(link.Number, link.Seal);
            }
        }

        if (expected is not null && head.Number < expected.Number)
            return new(head, null, $"The chain ends at {head.Number} and went to {expected.Number} before: its end was cut off.", 0);
        var unsealed = await db.UnsealedAsync(cancel);
        var since = await db.OldestOpenAsync(cancel);
        var slippedIn = await db.AuditEntries.Where(entry => entry.Id <= since && !db.AuditLinks.Any(link => link.EntryId == entry.Id)).OrderBy(entry => entry.Id).Select(entry => (long?)entry.Id).FirstOrDefaultAsync(cancel);
        return slippedIn is { } id
            ? new(head, id, $"Row {id} was put in after the rows around it had been sealed.", 0)
            : new(head, null, null, await unsealed.LongCountAsync(cancel));
    }

    private static async Task<IQueryable<AuditEntry>> UnsealedAsync(this ControlPlaneDb db, CancellationToken cancel)
    {
        var since = await db.OldestOpenAsync(cancel);
        return db.AuditEntries.AsNoTracking().Where(entry => entry.Id > since && !db.AuditLinks.Any(link => link.EntryId == entry.Id));
    }

    private static async Task<long> OldestOpenAsync(this ControlPlaneDb db, CancellationToken cancel) => (await db.AuditLinks.MaxAsync(link => (long?)link.EntryId, cancel) ?? 0) - Late;
}

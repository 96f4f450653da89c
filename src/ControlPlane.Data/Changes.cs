using System.Diagnostics;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data;

/// <summary>How a change is made: one context, one transaction, all of it or nothing.</summary>
public static class Changes
{
    /// <summary>Name of the tag in which the request carries where it came from: that of OpenTelemetry's conventions.</summary>
    public const string ClientAddressTag = "client.address";

    private const int MostAttempts = 5;
    private const int LongestName = 256;
    private const int LongestReason = 1000;

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
        await CommandAnswers.MarkAsync(db, cancel);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return outcome;
    }

    /// <summary>Writes down who did what, in the same transaction.</summary>
    /// <param name="outcome"><c>done</c>, <c>denied</c> or <c>rejected</c>.</param>
    public static void Audit(
        this ControlPlaneDb db, Actor actor, string action, string target, DateTimeOffset at, string? reason = null, string? before = null, string? after = null, string outcome = "done") =>
        db.AuditEntries.Add(new AuditEntry
        {
            At = at,
            Actor = Plain(actor.Name, LongestName),
            ActorKind = actor.Kind,
            Action = action,
            Target = Plain(target, LongestName),
            Outcome = outcome,
            Reason = reason is null ? null : Plain(reason, LongestReason),
            Before = before,
            After = after,
            TraceId = Activity.Current?.TraceId.ToHexString(),
            Source = ClientAddress(),
        });

    internal static string? ClientAddress()
    {
        for (var activity = Activity.Current; activity is not null; activity = activity.Parent)
        {
            if (activity.GetTagItem(ClientAddressTag) is string address)
                return address;
        }

        return null;
    }

    internal static string Name(string text) => StorableText.Of(Plain(text, LongestName));

    /// <summary>What others wrote neither breaks a line of the log nor outgrows its column.</summary>
    private static string Plain(string text, int longest)
    {
        var cut = text.Length <= longest ? text : text[..longest];
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(letter => char.IsControl(letter) ? '\uFFFD' : letter)) : cut;
    }
}

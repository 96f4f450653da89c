using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data;

/// <summary>
/// Commands that were sent with an idempotency key. While one is carried out (<see cref="Begin"/>), every change made on its behalf says so in its own
/// transaction. Thread-safe.
/// </summary>
public sealed class CommandAnswers(IDbContextFactory<ControlPlaneDb> factory, TimeProvider time)
{
    private static readonly AsyncLocal<string?> _underWay = new();
    private static readonly TimeSpan _keptFor = TimeSpan.FromHours(24);

    /// <summary>Longer than any command waits; what was begun before and changed nothing died with its process.</summary>
    private static readonly TimeSpan _abandonedAfter = TimeSpan.FromMinutes(5);

    /// <summary>Takes the command for the caller, unless it was taken before.</summary>
    /// <returns>What is known of it: null when it is the caller's to carry out.</returns>
    public async Task<CommandAnswer?> ClaimAsync(string id, string fingerprint, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<CommandAnswer?>(async db =>
        {
            var now = time.GetUtcNow();
            var (expired, abandoned) = (now - _keptFor, now - _abandonedAfter);
            await db.CommandAnswers.Where(answer => answer.CreatedAt < expired || (answer.CreatedAt < abandoned && answer.Status == null && !answer.IsCarriedOut)).ExecuteDeleteAsync(cancel);
            if (await db.CommandAnswers.AsNoTracking().SingleOrDefaultAsync(answer => answer.Id == id, cancel) is { } known)
                return known;
            db.CommandAnswers.Add(new CommandAnswer { Id = id, Fingerprint = fingerprint, CreatedAt = now });
            return (CommandAnswer?)null;
        }, cancel);
        return outcome.TryGet(out var found, out var refusal) ? found : throw new InvalidOperationException(refusal.Message);
    }

    /// <summary>Changes made from here on by this flow of control are made for the command.</summary>
    public static void Begin(string id) => _underWay.Value = id;

    public async Task<CommandAnswer?> FindAsync(string id, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.CommandAnswers.AsNoTracking().SingleOrDefaultAsync(answer => answer.Id == id, cancel);
    }

    /// <summary>Keeps the answer for whoever asks again.</summary>
    public async Task AnsweredAsync(CommandAnswer given)
    {
        await using var db = await factory.CreateDbContextAsync(CancellationToken.None);
        await db.CommandAnswers.Where(answer => answer.Id == given.Id).ExecuteUpdateAsync(row => row
            .SetProperty(answer => answer.Status, given.Status)
            .SetProperty(answer => answer.ContentType, given.ContentType)
            .SetProperty(answer => answer.Location, given.Location)
            .SetProperty(answer => answer.ETag, given.ETag)
            .SetProperty(answer => answer.Body, given.Body), CancellationToken.None);
    }

    /// <summary>It came to nothing and may be sent again; a command that changed something is kept.</summary>
    public async Task ForgetAsync(string id)
    {
        await using var db = await factory.CreateDbContextAsync(CancellationToken.None);
        await db.CommandAnswers.Where(answer => answer.Id == id && !answer.IsCarriedOut).ExecuteDeleteAsync(CancellationToken.None);
    }

    /// <summary>Part of the transaction of a change.</summary>
    internal static async Task MarkAsync(ControlPlaneDb db, CancellationToken cancel)
    {
        if (_underWay.Value is not { } id)
            return;
        await db.CommandAnswers.Where(answer => answer.Id == id).ExecuteUpdateAsync(row => row.SetProperty(answer => answer.IsCarriedOut, true), cancel);
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using ControlPlane.Data;
using ControlPlane.Data.Audit;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Audit;

/// <summary>Reads the audit for who may, in bounded pieces.</summary>
internal sealed class AuditReader(IDbContextFactory<ControlPlaneDb> factory, TimeProvider time) : IDisposable
{
    public const int MostRows = 200;
    public const int MostExported = 100_000;

    private const int Piece = 1000;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);
    private static readonly Need _need = new(Permission.ReadAudit, "audit");

    private readonly SemaphoreSlim _oneCheck = new(1);

    /// <summary>What the last check found, and when; null: none since the start.</summary>
    public AuditCheck? LastCheck { get; private set; }

    /// <summary>Newest first.</summary>
    /// <param name="cursor">From the part before.</param>
    public async Task<Outcome<Listing<AuditRow>>> ListAsync(Actor actor, AuditQuery query, int? limit, string? cursor, CancellationToken cancel)
    {
        if (await factory.WhyNotAsync(actor, _need, time.GetUtcNow(), cancel) is { } denied)
            return denied;
        if (!Paging.After(cursor).TryGet(out var after, out var refusal))
            return refusal;
        if (!long.TryParse(after ?? long.MaxValue.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out var before))
            return Refusal.Invalid("cursor", "The cursor is not one that this list gave.");

        var most = Math.Min(Paging.Limit(limit), MostRows);
        using var tooLong = new CancellationTokenSource(_longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, tooLong.Token);
        try
        {
            return Paging.Of(await PieceAsync(query, before, most + 1, either.Token), most, row => row.Id);
        }
        catch (OperationCanceledException) when (tooLong.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return Refusal.Invalid("from", "Reading this much of the audit takes longer than 5 s. Name a target, an actor or a shorter time.");
        }
    }

    /// <summary>Newest first, at most <see cref="MostExported"/>. Read piece by piece: a slow receiver holds no connection to the database.</summary>
    public async Task<Outcome<AuditExport>> ExportAsync(Actor actor, AuditQuery query, CancellationToken cancel) =>
        await factory.WhyNotAsync(actor, _need, time.GetUtcNow(), cancel) is { } denied ? denied : new AuditExport(RowsAsync(query, cancel));

    public async Task<Outcome<AuditCheck>> VerifyAsync(Actor actor, string? head, CancellationToken cancel)
    {
        if (await factory.WhyNotAsync(actor, _need, time.GetUtcNow(), cancel) is { } denied)
            return denied;
        var expected = AuditHead.Of(head);
        if (expected is null && !string.IsNullOrEmpty(head))
            return Refusal.Invalid("head", "A head is number:seal, as it stands in the log.");

        // It reads every row: one at a time, whoever asks.
        await _oneCheck.WaitAsync(cancel);
        try
        {
            await using var db = await factory.CreateDbContextAsync(cancel);
            return LastCheck = AuditCheck.Of(await db.VerifyAuditAsync(expected, cancel), time.GetUtcNow());
        }
        finally
        {
            _oneCheck.Release();
        }
    }

    public void Dispose() => _oneCheck.Dispose();

    private async IAsyncEnumerable<AuditRow> RowsAsync(AuditQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (before, left) = (long.MaxValue, MostExported);
        while (left > 0)
        {
            var rows = await PieceAsync(query, before, Math.Min(Piece, left), cancel);
            foreach (var row in rows)
                yield return row;
            if (rows.Count < Piece)
                yield break;
            left -= rows.Count;
            before = long.Parse(rows[^1].Id, CultureInfo.InvariantCulture);
        }
    }

    private async Task<IReadOnlyList<AuditRow>> PieceAsync(AuditQuery query, long before, int most, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rows = await query.On(db.AuditEntries.AsNoTracking()).Where(row => row.Id < before).OrderByDescending(row => row.Id).Take(most).ToListAsync(cancel);
        return [.. rows.Select(AuditRow.Of)];
    }
}

/// <param name="Rows">Read while they are written out.</param>
internal sealed record AuditExport(IAsyncEnumerable<AuditRow> Rows);

/// <param name="Head"><c>number:seal</c>, as far as the chain holds.</param>
/// <param name="FirstBadRow">Id of the first row that is not as it was sealed.</param>
public sealed record AuditCheck(bool Intact, long Rows, string Head, string? FirstBadRow, string? Problem, long Unsealed, DateTimeOffset At)
{
    internal static AuditCheck Of(AuditVerdict verdict, DateTimeOffset at) => new(
        verdict.IsIntact, verdict.Head.Number, verdict.Head.ToString(), verdict.BadRow?.ToString(CultureInfo.InvariantCulture), verdict.Problem, verdict.Unsealed, at);
}

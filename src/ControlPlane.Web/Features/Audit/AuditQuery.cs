using System.Globalization;
using ControlPlane.Domain.Audit;

namespace ControlPlane.Web.Features.Audit;

/// <summary>What of the audit is asked for; null: all. No patterns: what matches is found by an index.</summary>
public sealed record AuditQuery(string? Actor = null, string? Target = null, string? Action = null, string? Outcome = null, DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    /// <returns>An instant or a day, which begins at midnight UTC; null where it is neither.</returns>
    public static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    internal IQueryable<AuditEntry> On(IQueryable<AuditEntry> rows)
    {
        if (!string.IsNullOrEmpty(Actor))
            rows = rows.Where(row => row.Actor == Actor);
        if (!string.IsNullOrEmpty(Target))
            rows = rows.Where(row => row.Target == Target);
        if (!string.IsNullOrEmpty(Action))
            rows = rows.Where(row => row.Action == Action);
        if (!string.IsNullOrEmpty(Outcome))
            rows = rows.Where(row => row.Outcome == Outcome);
        if (From is { } from)
            rows = rows.Where(row => row.At >= from);
        if (To is { } to)
            rows = rows.Where(row => row.At < to);
        return rows;
    }
}

/// <summary>A row of the audit as others read it.</summary>
/// <param name="Repeats">How many more denials like this one since <paramref name="FirstAt"/> are not listed.</param>
public sealed record AuditRow(
    string Id, DateTimeOffset At, string Actor, string ActorKind, string Action, string Target, string Outcome, string? Reason, string? Before, string? After, string? Source, string? TraceId,
    long? Repeats, DateTimeOffset? FirstAt)
{
    internal static AuditRow Of(AuditEntry row) => new(
        row.Id.ToString(CultureInfo.InvariantCulture), row.At, row.Actor, row.ActorKind.ToString().ToLowerInvariant(), row.Action, row.Target, row.Outcome, row.Reason, row.Before, row.After, row.Source,
        row.TraceId, row.Repeats, row.FirstAt);
}

using System.Globalization;
using System.Text;

namespace ControlPlane.Web.Features.Audit;

/// <summary>Rows for a spreadsheet, which must not take what somebody typed for a formula.</summary>
internal static class AuditCsv
{
    private const string Heading = "id,at,actor,actorKind,action,target,outcome,reason,before,after,source,traceId,repeats,firstAt\r\n";

    public static async Task WriteAsync(IAsyncEnumerable<AuditRow> rows, Stream into, CancellationToken cancel)
    {
        await using var writer = new StreamWriter(into, new UTF8Encoding(false), leaveOpen: true);
        await writer.WriteAsync(Heading);
        await foreach (var row in rows.WithCancellation(cancel))
            await writer.WriteAsync(Line(row).AsMemory(), cancel);
    }

    /// <summary>Every cell is quoted; one that a spreadsheet would calculate begins with an apostrophe.</summary>
    internal static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var lead = text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' ? "'" : "";
        return $"\"{lead}{text.Replace("\"", "\"\"")}\"";
    }

    private static string Line(AuditRow row) => string.Join(',',
        new[]
        {
            row.Id, Text(row.At), row.Actor, row.ActorKind, row.Action, row.Target, row.Outcome, row.Reason, row.Before, row.After, row.Source, row.TraceId,
            row.Repeats?.ToString(CultureInfo.InvariantCulture), row.FirstAt is { } first ? Text(first) : null,
        }.Select(Cell)) + "\r\n";

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}

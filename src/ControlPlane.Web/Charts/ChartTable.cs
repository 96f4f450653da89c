using System.Globalization;
using System.Text;

namespace ControlPlane.Web.Charts;

/// <summary>A chart's numbers: what <i>show as table</i> shows and what the CSV holds.</summary>
internal static class ChartTable
{
    /// <returns>A row for each instant, oldest first; null where a series has no value.</returns>
    public static IReadOnlyList<(DateTimeOffset At, double?[] Values)> Rows(ChartData data)
    {
        var rows = new SortedDictionary<DateTimeOffset, double?[]>();
        for (var column = 0; column < data.Series.Count; column++)
        {
            foreach (var point in data.Series[column].Points)
            {
                if (!rows.TryGetValue(point.At, out var row))
                    rows[point.At] = row = new double?[data.Series.Count];
                row[column] = double.IsFinite(point.Value) ? point.Value : null;
            }
        }

        return [.. rows.Select(row => (row.Key, row.Value))];
    }

    public static string Csv(ChartData data)
    {
        var text = new StringBuilder("time");
        foreach (var series in data.Series)
            text.Append(',').Append(Field($"{series.Label} ({data.Unit})"));
        text.Append("\r\n");
        foreach (var (at, values) in Rows(data))
        {
            text.Append(at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
            foreach (var value in values)
                text.Append(',').Append(value?.ToString("R", CultureInfo.InvariantCulture));
            text.Append("\r\n");
        }

        return text.ToString();
    }

    // A spreadsheet must not take a name for a formula.
    internal static string Field(string text)
    {
        if (text.Length > 0 && "=+-@\t\r".Contains(text[0]))
            text = "'" + text;
        return text.AsSpan().IndexOfAny("\",\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
    }
}

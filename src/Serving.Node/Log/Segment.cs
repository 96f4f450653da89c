using Parquet;
using Parquet.Schema;

namespace Serving.Node.Log;

/// <summary>Writes rows of one endpoint and hour as one Parquet file.</summary>
internal static class Segment
{
    /// <summary>All columns that every segment has, in their order; those of inputs, outputs and entities follow.</summary>
    public static async Task WriteAsync(Stream into, IReadOnlyList<LogRow> rows, string node, CancellationToken cancel)
    {
        var columns = FixedColumns(rows, node);
        foreach (var (name, cells) in CellsByColumn(rows))
            columns.Add(ValueColumn(name, cells));

        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(column => column.Field)), into, cancellationToken: cancel);
        using var group = writer.CreateRowGroup();
        foreach (var column in columns)
            await column.Write(group);
    }

    private static List<Column> FixedColumns(IReadOnlyList<LogRow> rows, string node) =>
    [
        Text("request_id", rows, row => row.RequestId),
        Whole("at", rows, row => (row.At.UtcDateTime - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond),
        Whole("row", rows, row => row.Row),
        Text("release", rows, row => row.Release),
        Text("model", rows, row => row.Model),
        Text("version", rows, row => row.Version),
        Text("arm", rows, row => row.Arm),
        Text("unit", rows, row => row.Unit),
        Text("protocol", rows, row => row.Protocol),
        Whole("status", rows, row => row.Status),
        Text("error", rows, row => row.Error),
        Text("served_from", rows, _ => "model"),
        Text("degraded", rows, _ => "[]"),
        Number("prediction", rows, row => row.Prediction),
        Number("confidence", rows, row => row.Confidence),
        Whole("t_queue", rows, row => row.QueueUs),
        Whole("t_features", rows, _ => 0),
        Whole("t_model", rows, row => row.ModelUs),
        Whole("t_total", rows, row => row.TotalUs),
        Text("node", rows, _ => node),
        Number("sample_rate", rows, row => row.SampleRate),
    ];

    private static SortedDictionary<string, LogValue?[]> CellsByColumn(IReadOnlyList<LogRow> rows)
    {
        var cells = new SortedDictionary<string, LogValue?[]>(StringComparer.Ordinal);
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var value in rows[row].Values)
            {
                if (!cells.TryGetValue(value.Column, out var column))
                    cells[value.Column] = column = new LogValue?[rows.Count];
                column[row] = value;
            }
        }

        return cells;
    }

    /// <summary>Text when one cell is text, else numbers when one is a number, else whole numbers.</summary>
    private static Column ValueColumn(string name, LogValue?[] cells)
    {
        if (Array.Exists(cells, cell => cell?.Text is not null))
            return Text(name, cells, cell => cell?.Text ?? cell?.Number?.ToString("R") ?? cell?.Integer?.ToString());
        if (Array.Exists(cells, cell => cell?.Number is not null))
            return Number(name, cells, cell => cell?.Number ?? cell?.Integer);
        return Whole(name, cells, cell => cell?.Integer);
    }

    private static Column Text<T>(string name, IReadOnlyList<T> rows, Func<T, string?> value)
    {
        var field = new DataField<string>(name);
        return new Column(field, group => group.WriteAsync(field, (IReadOnlyCollection<string>)rows.Select(row => value(row)!).ToArray()));
    }

    private static Column Whole<T>(string name, IReadOnlyList<T> rows, Func<T, long?> value)
    {
        var field = new DataField<long?>(name);
        return new Column(field, group => group.WriteAsync<long>(field, rows.Select(value).ToArray().AsMemory()));
    }

    private static Column Number<T>(string name, IReadOnlyList<T> rows, Func<T, double?> value)
    {
        var field = new DataField<double?>(name);
        return new Column(field, group => group.WriteAsync<double>(field, rows.Select(value).ToArray().AsMemory()));
    }

    private sealed record Column(DataField Field, Func<ParquetRowGroupWriter, Task> Write);
}

using Parquet;
using Parquet.Schema;

namespace Serving.Node.Log;

/// <summary>Writes rows of one endpoint and hour as one Parquet file.</summary>
internal static class Segment
{
    public static async Task WriteAsync(Stream into, IReadOnlyList<LogRow> rows, string node, CancellationToken cancel)
    {
        var columns = FixedColumns(rows, node);
        foreach (var name in rows.SelectMany(row => row.Values).Select(value => value.Column).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            columns.Add(ValueColumn(name, rows));

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
        Number("confidence", rows, _ => null),
        Whole("t_queue", rows, row => row.QueueUs),
        Whole("t_features", rows, _ => 0),
        Whole("t_model", rows, row => row.ModelUs),
        Whole("t_total", rows, row => row.TotalUs),
        Text("node", rows, _ => node),
        Number("sample_rate", rows, row => row.SampleRate),
    ];

    /// <summary>The type of a column is that of its first value; what does not fit it is written as text by none and left empty.</summary>
    private static Column ValueColumn(string name, IReadOnlyList<LogRow> rows)
    {
        var cells = rows.Select(row => row.Values.FirstOrDefault(value => value.Column == name)).ToList();
        if (cells.Any(cell => cell?.Text is not null))
            return Text(name, cells, cell => cell?.Text ?? cell?.Number?.ToString("R") ?? cell?.Integer?.ToString());
        if (cells.Any(cell => cell?.Number is not null))
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

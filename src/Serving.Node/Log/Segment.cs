using Parquet;
using Parquet.Schema;

namespace Serving.Node.Log;

/// <summary>Writes rows of one endpoint and hour as one Parquet file.</summary>
internal static class Segment
{
    /// <summary>All columns that every segment has, in their order; those of inputs, outputs and entities follow.</summary>
    public static async Task WriteAsync(Stream into, SegmentColumns rows, string node, CancellationToken cancel)
    {
        var columns = FixedColumns(rows, node);
        foreach (var column in rows.Values)
            columns.Add(ValueColumn(column, rows.Rows));

        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(column => column.Field)), into, cancellationToken: cancel);
        using var group = writer.CreateRowGroup();
        foreach (var column in columns)
            await column.Write(group);
    }

    private static List<Column> FixedColumns(SegmentColumns rows, string node) =>
    [
        Text("request_id", rows, row => row.RequestId),
        Whole("at", rows, row => row.At),
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
        Number("prediction", Enumerable.Range(0, rows.Rows).Select(rows.Prediction)),
        Number("confidence", Enumerable.Range(0, rows.Rows).Select(rows.Confidence)),
        Whole("t_queue", rows, row => row.Queue),
        Whole("t_features", rows, _ => 0),
        Whole("t_model", rows, row => row.ModelTime),
        Whole("t_total", rows, row => row.Total),
        Text("node", rows, _ => node),
        Number("sample_rate", rows.Fixed.Select(row => (double?)row.Sample)),
    ];

    private static Column ValueColumn(ValueColumn column, int rows) =>
        column.HasText ? Text(column.Name, column.Texts(rows)) : column.HasNumbers ? Number(column.Name, column.Numbers(rows)) : Whole(column.Name, column.Integers(rows));

    private static Column Text(string name, SegmentColumns rows, Func<SegmentRow, string?> value) => Text(name, [.. rows.Fixed.Select(value)]);

    private static Column Text(string name, string?[] cells)
    {
        var field = new DataField<string>(name);
        return new Column(field, group => group.WriteAsync(field, (IReadOnlyCollection<string>)cells!));
    }

    private static Column Whole(string name, SegmentColumns rows, Func<SegmentRow, long?> value) => Whole(name, [.. rows.Fixed.Select(value)]);

    private static Column Whole(string name, long?[] cells)
    {
        var field = new DataField<long?>(name);
        return new Column(field, group => group.WriteAsync<long>(field, cells.AsMemory()));
    }

    private static Column Number(string name, IEnumerable<double?> cells)
    {
        var field = new DataField<double?>(name);
        return new Column(field, group => group.WriteAsync<double>(field, cells.ToArray().AsMemory()));
    }

    private sealed record Column(DataField Field, Func<ParquetRowGroupWriter, Task> Write);
}

using System.Runtime.InteropServices;
using Serving.Node.Log.Columnar;

namespace Serving.Node.Log.Segments;

/// <summary>Writes rows of one endpoint and hour as one Parquet file.</summary>
internal static class Segment
{
    private const int MostDistinct = 16;

    /// <summary>All columns that every segment has, in their order; those of inputs, outputs and entities follow.</summary>
    public static void Write(Stream into, SegmentColumns rows, string node)
    {
        var file = new ParquetFile(into, rows.Rows);
        file.Required("request_id", PhysicalType.Text, rows.RequestIds.Span, rows.Ids);
        file.Required("at", PhysicalType.Int64, MemoryMarshal.AsBytes(rows.At.Span), RangeOf(rows.At.Span));
        Repeated(file, "row", rows.Row.Span);
        Coded(file, "release", rows, head => head.Release);
        Coded(file, "model", rows, head => head.Model);
        Coded(file, "version", rows, head => head.Version);
        Coded(file, "arm", rows, head => head.Arm);
        rows.Unit.WriteTo(file, rows.Rows);
        file.Coded("protocol", rows.Protocol.Texts, rows.Protocol.Codes.Span);
        Repeated(file, "status", rows.Status.Span);
        file.Coded("error", rows.Error.Texts, rows.Error.Codes.Span);
        file.Coded("served_from", ["model", "cache"], rows.FromCache.Span);
        file.Constant("degraded", "[]");
        rows.Prediction.WriteTo(file, rows.Rows);
        rows.Confidence.WriteTo(file, rows.Rows);
        file.Required("t_queue", PhysicalType.Int32, MemoryMarshal.AsBytes(rows.Queue.Span));
        file.Constant("t_features", PhysicalType.Int32, stackalloc byte[sizeof(int)]);
        file.Required("t_model", PhysicalType.Int32, MemoryMarshal.AsBytes(rows.Model.Span));
        file.Required("t_total", PhysicalType.Int32, MemoryMarshal.AsBytes(rows.Total.Span));
        file.Constant("node", node);
        file.Coded("sample_rate", PhysicalType.Real64, MemoryMarshal.AsBytes<double>([.. rows.Heads.Select(head => head.Sample)]), rows.Heads.Count, rows.Head.Span);
        foreach (var column in rows.Values)
            column.WriteTo(file, rows.Rows);
        file.End();
    }

    private static void Coded(ParquetFile file, string name, SegmentColumns rows, Func<ReadHead, string> text)
    {
        var texts = rows.Heads.Select(text).Distinct(StringComparer.Ordinal).ToList();
        if (texts.Count == 1)
        {
            file.Constant(name, texts[0]);
            return;
        }

        var places = rows.Heads.Select(head => texts.IndexOf(text(head))).ToArray();
        using var codes = new Cells<int>();
        foreach (var head in rows.Head.Span)
            codes.Add(places[head]);
        file.Coded(name, texts, codes.Span);
    }

    /// <summary>Numbers that are mostly the same: at most so many different ones, else as they are.</summary>
    private static void Repeated(ParquetFile file, string name, ReadOnlySpan<int> values)
    {
        var distinct = new List<int>();
        using var codes = new Cells<int>();
        foreach (var value in values)
        {
            var place = distinct.IndexOf(value);
            if (place < 0)
            {
                if (distinct.Count == MostDistinct)
                {
                    file.Required(name, PhysicalType.Int32, MemoryMarshal.AsBytes(values));
                    return;
                }

                place = distinct.Count;
                distinct.Add(value);
            }

            codes.Add(place);
        }

        file.Coded(name, PhysicalType.Int32, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(distinct)), distinct.Count, codes.Span);
    }

    private static ColumnRange RangeOf(ReadOnlySpan<long> values)
    {
        var (least, greatest) = (values[0], values[0]);
        foreach (var value in values)
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        return new ColumnRange(BitConverter.GetBytes(least), BitConverter.GetBytes(greatest));
    }
}

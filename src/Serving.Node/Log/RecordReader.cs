using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>Reads what <see cref="RecordWriter"/> wrote into the columns of segments. A record that ends too early throws <see cref="ArgumentOutOfRangeException"/>.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> record)
{
    private ReadOnlySpan<byte> _rest = record;

    /// <returns>The endpoint's name and the hour of the request, which tell the segment.</returns>
    public static (string Endpoint, DateTime Hour) SegmentOf(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        var endpoint = Encoding.UTF8.GetString(reader.Text());
        for (var i = 0; i < 6; i++)
            reader.Text();
        var at = DateTime.UnixEpoch.AddMicroseconds(reader.Long());
        return (endpoint, at.Date.AddHours(at.Hour));
    }

    public void ReadInto(SegmentColumns columns)
    {
        Text(); // the endpoint, which the segment is named by
        var release = columns.Release.Read(Text());
        var model = columns.Model.Read(Text());
        var version = columns.Version.Read(Text());
        var arm = columns.Arm.Read(Text());
        var requestId = Encoding.UTF8.GetString(Text());
        var protocol = columns.Protocol.Read(Text());
        var at = Long();
        var unit = Take(1)[0] == 0 ? null : Convert.ToHexStringLower(Take(RecordWriter.HashBytes));
        var status = BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));
        var error = Text() is { IsEmpty: false } code ? columns.Error.Read(code) : null;
        var (queue, took, total, sample) = (Long(), Long(), Long(), Double());
        var rows = Int();
        var first = columns.Rows;
        var hasValues = _rest.Length > 0;
        for (var row = 0; row < rows; row++)
        {
            columns.Add(new SegmentRow(requestId, at, row, release, model, version, arm, unit, protocol, status, error, queue, took, total, sample));
        }

        if (hasValues)
            ReadValues(columns, first, rows);
    }

    private void ReadValues(SegmentColumns columns, int first, int rows)
    {
        var entities = BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));
        for (var i = 0; i < entities; i++)
        {
            var column = columns.Of(Text());
            var id = Encoding.UTF8.GetString(Text());
            for (var row = 0; row < rows; row++)
                column.SetText(first + row, id);
        }

        for (var row = 0; row < rows; row++)
            columns.Watch(first + row, Double(), Double());
        while (!_rest.IsEmpty)
            ReadColumn(columns.Of(Text()), first, rows);
    }

    private void ReadColumn(ValueColumn column, int first, int rows)
    {
        switch ((LogCell)Take(1)[0])
        {
            case LogCell.Number:
                for (var row = 0; row < rows; row++)
                    column.SetNumber(first + row, Double());
                break;
            case LogCell.Integer:
                for (var row = 0; row < rows; row++)
                    column.SetInteger(first + row, Long());
                break;
            case LogCell.Text:
                for (var row = 0; row < rows; row++)
                    column.SetText(first + row, Encoding.UTF8.GetString(Text()));
                break;
            case LogCell.Tensor:
                ReadTensor(column, first, rows);
                break;
            case LogCell.Labelled:
                ReadLabelled(column, first, rows);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(column), "A record holds a cell of an unknown kind.");
        }
    }

    private void ReadTensor(ValueColumn column, int first, int rows)
    {
        var type = (TensorElementType)Take(1)[0];
        var rank = Take(1)[0];
        Span<long> shape = stackalloc long[byte.MaxValue + 1];
        shape[0] = rows;
        for (var i = 1; i <= rank; i++)
            shape[i] = Int();
        using var tensor = new TensorBuffer("", type);
        tensor.Reshape(shape[..(rank + 1)]);
        Take(tensor.Raw.Length).CopyTo(tensor.Raw);
        WriteRows(column, tensor, first, rows);
    }

    private void ReadLabelled(ValueColumn column, int first, int rows)
    {
        var labels = column.Labels.Read(Text());
        var count = Int();
        using var tensor = new TensorBuffer("", TensorElementType.Float) { Labels = labels };
        tensor.Reshape([rows, count]);
        Take(tensor.Raw.Length).CopyTo(tensor.Raw);
        WriteRows(column, tensor, first, rows);
    }

    private static void WriteRows(ValueColumn column, TensorBuffer tensor, int first, int rows)
    {
        var text = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(text, new JsonWriterOptions { SkipValidation = true });
        for (var row = 0; row < rows; row++)
        {
            text.ResetWrittenCount();
            json.Reset();
            OutputWriter.WriteRow(json, tensor, row, rows);
            json.Flush();
            column.SetText(first + row, Encoding.UTF8.GetString(text.WrittenSpan));
        }
    }

    private ReadOnlySpan<byte> Text() => Take(Int());

    private int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    private long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    private double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

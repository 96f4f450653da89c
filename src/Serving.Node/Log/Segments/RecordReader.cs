using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Log.Segments;

/// <summary>Reads one frame. What ends too early throws <see cref="ArgumentOutOfRangeException"/>.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> frame)
{
    private ReadOnlySpan<byte> _rest = frame;

    public FrameKind Kind() => (FrameKind)Take(1)[0];

    public (int Id, ReadHead Head) Head()
    {
        var id = Int();
        var (endpoint, release, model, version, arm) = (String(), String(), String(), String(), String());
        var sample = BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));
        var columns = new ReadColumn[Short()];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = new ReadColumn(String(), (ColumnKind)Take(1)[0], (TensorElementType)Take(1)[0]);
        return (id, new ReadHead(endpoint, release, model, version, arm, sample, columns));
    }

    public int HeadOfRecord() => Int();

    /// <summary>When the request came, without taking anything.</summary>
    public readonly long PeekAt()
    {
        var ahead = this;
        ahead.Text();
        ahead.Text();
        return ahead.Long();
    }

    /// <summary>The rest of a record whose head is known and stands at its segment.</summary>
    public void Into(ReadHead head, JsonRows json)
    {
        var segment = head.Segment;
        var first = segment.Rows;
        var id = Text();
        var protocol = Text();
        var at = Long();
        var (queue, model, total, told) = (Int(), Int(), Int(), Short());
        var (status, fromCache) = (told & ~RecordWriter.FromCache, (told & RecordWriter.FromCache) == 0 ? 0 : 1);
        var error = Text();
        var unit = Take(1)[0] == 0 ? default : Take(RecordWriter.HashBytes);
        var rows = Int();
        segment.Protocol.Add(protocol, rows);
        segment.Error.Add(error, rows);
        for (var row = 0; row < rows; row++)
        {
            segment.AddRequestId(id);
            segment.At.Add(at);
            segment.Row.Add(row);
            segment.Head.Add(head.Place);
            segment.Status.Add(status);
            segment.FromCache.Add(fromCache);
            segment.Queue.Add(queue);
            segment.Model.Add(model);
            segment.Total.Add(total);
            if (!unit.IsEmpty)
                SetHex(segment.Unit, first + row, unit);
        }

        if (!_rest.IsEmpty)
            ReadValues(head, first, rows, json);
    }

    private void ReadValues(ReadHead head, int first, int rows, JsonRows json)
    {
        var segment = head.Segment;
        var prediction = MemoryMarshal.Cast<byte, double>(Take(rows * sizeof(double)));
        var confidence = MemoryMarshal.Cast<byte, double>(Take(rows * sizeof(double)));
        for (var row = 0; row < rows; row++)
        {
            SegmentColumns.Watch(segment.Prediction, first + row, prediction[row]);
            SegmentColumns.Watch(segment.Confidence, first + row, confidence[row]);
        }

        for (var entities = Short(); entities > 0; entities--)
        {
            var column = segment.Of(String(), Columnar.PhysicalType.Text, isList: false);
            var id = Text();
            for (var row = 0; row < rows; row++)
                column?.SetText(first + row, id);
        }

        for (var i = 0; i < head.Columns.Length; i++)
            ReadTensor(head, i, first, rows, json);
    }

    private void ReadTensor(ReadHead head, int index, int first, int rows, JsonRows json)
    {
        var column = head.Columns[index];
        var form = (CellForm)Take(1)[0];
        if (form == CellForm.Numbers)
        {
            ReadNumbers(head.Into(index), column, first, rows);
            return;
        }

        var texts = column.Kind == ColumnKind.Text ? head.Into(index) : head.Segment.TextBeside(column.Name);
        switch (form)
        {
            case CellForm.Texts:
                for (var row = 0; row < rows; row++)
                    texts.SetText(first + row, Text());
                break;
            case CellForm.Labelled:
                var labels = Text();
                var count = Int();
                json.WriteLabelled(texts, first, rows, labels, count, Take(rows * count * sizeof(float)));
                break;
            case CellForm.Tensor:
                ReadRaw(texts, first, rows, json);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(index), "A record holds a cell of an unknown form.");
        }
    }

    private void ReadNumbers(ValueColumn into, ReadColumn column, int first, int rows)
    {
        var perRow = Int();
        var size = Tensors.Datatype.SizeOf(column.Type);
        var values = Take(rows * perRow * size);
        for (var row = 0; row < rows; row++)
        {
            var from = values.Slice(row * perRow * size, perRow * size);
            var room = into.Set(first + row, perRow, perRow * (column.Physical is Columnar.PhysicalType.Int64 or Columnar.PhysicalType.Real64 ? sizeof(long) : sizeof(int)));
            if (room.Length == from.Length)
                from.CopyTo(room);
            else
                Widening.Copy(column.Type, from, room);
        }
    }

    private void ReadRaw(ValueColumn texts, int first, int rows, JsonRows json)
    {
        var type = (TensorElementType)Take(1)[0];
        Span<long> shape = stackalloc long[byte.MaxValue + 1];
        shape = shape[..(1 + Take(1)[0])];
        shape[0] = rows;
        for (var i = 1; i < shape.Length; i++)
            shape[i] = Int();
        Take(json.Begin(type, shape)).CopyTo(json.Raw);
        json.Write(texts, first, rows);
    }

    private static void SetHex(ValueColumn column, int row, ReadOnlySpan<byte> hash)
    {
        Span<byte> hex = stackalloc byte[2 * RecordWriter.HashBytes];
        Convert.TryToHexStringLower(hash, hex, out _);
        column.SetText(row, hex);
    }

    private string String() => Encoding.UTF8.GetString(Text());

    private ReadOnlySpan<byte> Text() => Take(Int());

    private int Short() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    private int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    private long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

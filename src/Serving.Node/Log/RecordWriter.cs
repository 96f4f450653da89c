using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serving.Node.Log.Segments;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>Puts an exchange into a chunk while its tensors are there. <see cref="RecordReader"/> reads what this writes.</summary>
internal static class RecordWriter
{
    public const int HashBytes = 16;

    /// <summary>Beside the status: the answer came from a cache.</summary>
    public const int FromCache = 0x8000;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <param name="rows">Rows to log, from the first.</param>
    public static void WriteHead(LogChunk into, Exchange exchange, in RecordTimes times, int status, string? error, int rows)
    {
        into.WriteInt(exchange.Arm.LogHead.Id);
        into.WriteText(exchange.RequestId);
        into.WriteText(exchange.Protocol);
        into.WriteLong(times.At);
        into.WriteInt(times.Queue);
        into.WriteInt(times.Model);
        into.WriteInt(times.Total);
        into.WriteShort(exchange.Hit is null ? status : status | FromCache);
        into.WriteText(error ?? "");
        WriteUnit(into, exchange.Unit);
        into.WriteInt(rows);
    }

    /// <summary>Watched numbers, entities and tensors of an answer, after its head.</summary>
    public static void WriteValues(LogChunk into, Exchange exchange, int rows, ReadOnlySpan<double> prediction, ReadOnlySpan<double> confidence)
    {
        into.Write(MemoryMarshal.AsBytes(prediction[..rows]));
        into.Write(MemoryMarshal.AsBytes(confidence[..rows]));
        WriteEntities(into, exchange.Entities, exchange.Endpoint.State.Logging.Fields);
        foreach (var column in exchange.Arm.LogHead.Columns)
            WriteTensor(into, column, (column.IsInput ? exchange.Call.Inputs : exchange.Call.Outputs)[column.Index], rows, exchange.Rows);
    }

    public static byte[] HashOf(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[..HashBytes];

    private static void WriteUnit(LogChunk into, string? unit)
    {
        into.WriteByte(unit is null ? (byte)0 : (byte)1);
        if (unit is not null)
            into.Write(HashOf(unit));
    }

    /// <summary>Ids of entities are hashed unless the endpoint's allow-list names their type.</summary>
    private static void WriteEntities(LogChunk into, Dictionary<string, string>? entities, IReadOnlyList<string>? fields)
    {
        into.WriteShort(entities?.Count ?? 0);
        if (entities is null)
            return;
        foreach (var (type, id) in entities)
        {
            into.WriteText("e." + type);
            into.WriteText(fields is not null && Contains(fields, type) ? id : Convert.ToHexStringLower(HashOf(id)));
        }
    }

    /// <param name="all">Rows of the request, of which the first <paramref name="rows"/> are logged.</param>
    private static void WriteTensor(LogChunk into, LogColumn column, TensorBuffer tensor, int rows, int all)
    {
        var isBatched = tensor.IsBatched(all) || (all == 1 && tensor.Count == 1);
        var perRow = isBatched ? tensor.Count / all : tensor.Count;
        if (tensor.Labels is { } labels && isBatched)
            WriteLabelled(into, labels, tensor.Values<float>()[..(rows * perRow)]);
        else if (isBatched && IsAsDeclared(column, tensor, perRow))
            WriteNumbers(into, tensor, rows, perRow);
        else if (isBatched && !tensor.IsText && perRow * Datatype.SizeOf(tensor.Type) <= LogColumn.LongestValue)
            WriteRaw(into, tensor, rows, perRow);
        else
            WriteTexts(into, tensor, rows, all, isBatched);
    }

    private static bool IsAsDeclared(LogColumn column, TensorBuffer tensor, int perRow) => tensor.Type == column.Type && column.Kind switch
    {
        ColumnKind.Number => perRow == 1,
        ColumnKind.Numbers => tensor.Shape.Length == 2 && perRow * Datatype.SizeOf(tensor.Type) <= LogColumn.LongestValue,
        _ => false,
    };

    private static void WriteNumbers(LogChunk into, TensorBuffer tensor, int rows, int perRow)
    {
        into.WriteByte((byte)CellForm.Numbers);
        into.WriteInt(perRow);
        into.Write(tensor.Raw[..(rows * perRow * Datatype.SizeOf(tensor.Type))]);
    }

    private static void WriteLabelled(LogChunk into, ClassLabels labels, ReadOnlySpan<float> values)
    {
        into.WriteByte((byte)CellForm.Labelled);
        into.WriteText(labels.Utf8);
        into.WriteInt(labels.Names.Length);
        into.Write(MemoryMarshal.AsBytes(values));
    }

    private static void WriteRaw(LogChunk into, TensorBuffer tensor, int rows, int perRow)
    {
        into.WriteByte((byte)CellForm.Tensor);
        into.WriteByte((byte)tensor.Type);
        into.WriteByte((byte)Math.Max(0, tensor.Shape.Length - 1));
        foreach (var size in tensor.Shape.IsEmpty ? [] : tensor.Shape[1..])
            into.WriteInt((int)size);
        into.Write(tensor.Raw[..(rows * perRow * Datatype.SizeOf(tensor.Type))]);
    }

    /// <summary>What has no shorter form: text, whole tensors beside the rows, and long rows as their digest.</summary>
    private static void WriteTexts(LogChunk into, TensorBuffer tensor, int rows, int all, bool isBatched)
    {
        into.WriteByte((byte)CellForm.Texts);
        var bytesPerRow = tensor.Raw.Length / (isBatched ? all : 1);
        for (var row = 0; row < rows; row++)
        {
            if (!tensor.IsText && bytesPerRow > LogColumn.LongestValue)
                WriteDigest(into, tensor.Raw.Slice(isBatched ? row * bytesPerRow : 0, bytesPerRow));
            else if (tensor.IsText && tensor.Count == all)
                WriteShortened(into, tensor.Text(row));
            else
                WriteShortened(into, JsonOf(tensor, row, all));
        }
    }

    private static void WriteShortened(LogChunk into, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= LogColumn.LongestValue)
            into.WriteText(utf8);
        else
            WriteDigest(into, utf8);
    }

    private static void WriteDigest(LogChunk into, ReadOnlySpan<byte> bytes) => into.WriteText("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)));

    /// <returns>Until this thread asks again.</returns>
    private static ReadOnlySpan<byte> JsonOf(TensorBuffer tensor, int row, int rows)
    {
        _text ??= new ArrayBufferWriter<byte>(1024);
        _text.ResetWrittenCount();
        _json ??= new Utf8JsonWriter(_text, new JsonWriterOptions { SkipValidation = true });
        _json.Reset();
        OutputWriter.WriteRow(_json, tensor, row, rows);
        _json.Flush();
        return _text.WrittenSpan;
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], name, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}

/// <summary>When a request came (microseconds since the Unix epoch), and what took how long (microseconds, as far as 32 bits go).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RecordTimes(long At, int Queue, int Model, int Total);

/// <summary>How the values of a tensor lie in a record, whatever was expected of them.</summary>
internal enum CellForm : byte
{
    /// <summary>Elements of a row (4 bytes), then the elements of all rows.</summary>
    Numbers = 1,

    /// <summary>Length and UTF-8 a row.</summary>
    Texts = 2,

    /// <summary>Element type (1 byte), rank (1), the sizes of a row (4 each), then the elements of all rows.</summary>
    Tensor = 3,

    /// <summary>Labels as a JSON list (text), number of labels (4 bytes), then a float for each row and label.</summary>
    Labelled = 4,
}

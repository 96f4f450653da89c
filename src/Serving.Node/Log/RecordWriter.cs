using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>Puts an exchange into a record while its tensors are there. <see cref="RecordReader"/> reads what this writes.</summary>
internal static class RecordWriter
{
    /// <summary>Bytes; longer values are logged as their digest.</summary>
    public const int LongestValue = 4096;

    public const int HashBytes = 16;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <param name="at">When the request came, Unix microseconds; the other times are durations in microseconds.</param>
    /// <param name="rows">Rows to log, from the first.</param>
    public static void WriteHead(LogRecord into, Exchange exchange, long at, int status, string? error, long queue, long model, long total, int rows)
    {
        into.Rows = rows;
        into.Write(exchange.Arm.LogHead);
        into.WriteText(exchange.RequestId);
        into.WriteText(exchange.Protocol);
        into.WriteLong(at);
        WriteUnit(into, exchange.Unit);
        into.WriteShort(status);
        into.WriteText(error ?? "");
        into.WriteLong(queue);
        into.WriteLong(model);
        into.WriteLong(total);
        into.WriteDouble(exchange.Endpoint.State.Logging.Sample);
        into.WriteInt(rows);
    }

    /// <summary>What is the same in every record of an arm.</summary>
    public static byte[] HeadOf(string endpoint, string release, string model, string version, string arm)
    {
        var head = new LogRecord();
        foreach (var text in (ReadOnlySpan<string>)[endpoint, release, model, version, arm])
            head.WriteText(text);
        return head.Bytes.ToArray();
    }

    /// <summary>Entities, watched numbers and values of an answer, after its head.</summary>
    public static void WriteValues(LogRecord into, Exchange exchange, ReadOnlySpan<double> prediction, ReadOnlySpan<double> confidence)
    {
        var fields = exchange.Endpoint.State.Logging.Fields;
        WriteEntities(into, exchange.Entities, fields);
        for (var row = 0; row < into.Rows; row++)
        {
            into.WriteDouble(prediction[row]);
            into.WriteDouble(confidence[row]);
        }

        var names = exchange.Call.Model.LogNames;
        var inputs = exchange.Call.Inputs;
        for (var i = 0; i < inputs.Length; i++)
        {
            if (fields is null || Contains(fields, inputs[i].Name))
                WriteTensor(into, names.Inputs[i], inputs[i], exchange.Rows);
        }

        var outputs = exchange.Call.Outputs;
        for (var i = 0; i < outputs.Length; i++)
            WriteTensor(into, names.Outputs[i], outputs[i], exchange.Rows);
    }

    public static byte[] HashOf(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[..HashBytes];

    private static void WriteUnit(LogRecord into, string? unit)
    {
        into.WriteByte(unit is null ? (byte)0 : (byte)1);
        if (unit is not null)
            into.Write(HashOf(unit));
    }

    /// <summary>Ids of entities are hashed unless the endpoint's allow-list names their type.</summary>
    private static void WriteEntities(LogRecord into, Dictionary<string, string>? entities, IReadOnlyList<string>? fields)
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

    private static void WriteTensor(LogRecord into, byte[] name, TensorBuffer tensor, int rows)
    {
        into.WriteText(name);
        var batched = tensor.IsBatched(rows);
        var perRow = batched ? tensor.Count / rows : tensor.Count;
        if (tensor.Labels is { } labels && batched)
            WriteLabelled(into, labels, tensor.Values<float>()[..(into.Rows * perRow)]);
        else if (perRow == 1 && (batched || rows == 1) && WriteScalars(into, tensor))
            return;
        else if (batched && !tensor.IsText && perRow * Datatype.SizeOf(tensor.Type) <= LongestValue)
            WriteRaw(into, tensor, perRow);
        else
            WriteTexts(into, tensor, rows, batched);
    }

    private static bool WriteScalars(LogRecord into, TensorBuffer tensor)
    {
        switch (tensor.Type)
        {
            case TensorElementType.Float:
                into.WriteByte((byte)LogCell.Number);
                foreach (var value in tensor.Values<float>()[..into.Rows])
                    into.WriteDouble(value);
                return true;
            case TensorElementType.Double:
                into.WriteByte((byte)LogCell.Number);
                foreach (var value in tensor.Values<double>()[..into.Rows])
                    into.WriteDouble(value);
                return true;
            case TensorElementType.Int64:
                into.WriteByte((byte)LogCell.Integer);
                foreach (var value in tensor.Values<long>()[..into.Rows])
                    into.WriteLong(value);
                return true;
            case TensorElementType.Int32:
                into.WriteByte((byte)LogCell.Integer);
                foreach (var value in tensor.Values<int>()[..into.Rows])
                    into.WriteLong(value);
                return true;
            case TensorElementType.String:
                into.WriteByte((byte)LogCell.Text);
                for (var row = 0; row < into.Rows; row++)
                    WriteShortened(into, tensor.Text(row));
                return true;
            default:
                return false;
        }
    }

    private static void WriteLabelled(LogRecord into, ClassLabels labels, ReadOnlySpan<float> values)
    {
        into.WriteByte((byte)LogCell.Labelled);
        into.WriteText(labels.Utf8);
        into.WriteInt(labels.Names.Length);
        into.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values));
    }

    private static void WriteRaw(LogRecord into, TensorBuffer tensor, int perRow)
    {
        into.WriteByte((byte)LogCell.Tensor);
        into.WriteByte((byte)tensor.Type);
        into.WriteByte((byte)(tensor.Shape.Length - 1));
        foreach (var size in tensor.Shape[1..])
            into.WriteInt((int)size);
        into.Write(tensor.Raw[..(into.Rows * perRow * Datatype.SizeOf(tensor.Type))]);
    }

    /// <summary>What has no shorter form: lists of text, whole tensors beside the rows, and long rows as their digest.</summary>
    private static void WriteTexts(LogRecord into, TensorBuffer tensor, int rows, bool batched)
    {
        into.WriteByte((byte)LogCell.Text);
        var bytesPerRow = tensor.Raw.Length / (batched ? rows : 1);
        for (var row = 0; row < into.Rows; row++)
        {
            if (!tensor.IsText && bytesPerRow > LongestValue)
            {
                WriteDigest(into, tensor.Raw.Slice(batched ? row * bytesPerRow : 0, bytesPerRow));
                continue;
            }

            var json = Json();
            OutputWriter.WriteRow(json, tensor, row, rows);
            json.Flush();
            WriteShortened(into, _text!.WrittenSpan);
        }
    }

    private static void WriteShortened(LogRecord into, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= LongestValue)
            into.WriteText(utf8);
        else
            WriteDigest(into, utf8);
    }

    private static void WriteDigest(LogRecord into, ReadOnlySpan<byte> bytes) => into.WriteText("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)));

    /// <summary>A writer that this thread uses again and again; one value at a time.</summary>
    private static Utf8JsonWriter Json()
    {
        _text ??= new ArrayBufferWriter<byte>(1024);
        _text.ResetWrittenCount();
        if (_json is null)
            _json = new Utf8JsonWriter(_text, new JsonWriterOptions { SkipValidation = true });
        else
            _json.Reset();
        return _json;
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

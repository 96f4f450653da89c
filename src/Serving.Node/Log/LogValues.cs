using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>Takes the values of one row out of the tensors, which are gone when the record is written.</summary>
internal static class LogValues
{
    /// <summary>Bytes of JSON; longer values are logged as their digest.</summary>
    private const int LongestText = 4096;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>Ids of entities are hashed unless the endpoint's allow-list names their type.</summary>
    public static void AddEntities(List<LogValue> into, Dictionary<string, string>? entities, IReadOnlyList<string>? fields)
    {
        if (entities is null)
            return;
        foreach (var (type, id) in entities)
            into.Add(new LogValue("e." + type, Text: fields is not null && Contains(fields, type) ? id : PredictionLog.HashOf(id)));
    }

    public static void AddInputs(List<LogValue> into, InputTensors inputs, int row, IReadOnlyList<string>? fields)
    {
        for (var i = 0; i < inputs.Inputs.Length; i++)
        {
            if (fields is null || Contains(fields, inputs.Inputs[i].Name))
                into.Add(Of(inputs.Inputs[i].LogName, inputs.View(i), row, inputs.Rows));
        }
    }

    public static void AddOutputs(List<LogValue> into, OutputColumn[] outputs, int row, int rows)
    {
        foreach (var output in outputs)
            into.Add(output.Map is null ? Of("o." + output.Name, output.Tensor, row, rows) : OfMap(output, row, rows));
    }

    private static LogValue Of(string column, TensorView tensor, int row, int rows)
    {
        var batched = tensor.IsBatched(rows);
        var perRow = tensor.Elements / (uint)(batched ? rows : 1);
        if (perRow == 1 && ScalarOf(column, tensor, batched ? row : 0) is { } scalar)
            return scalar;
        if (perRow > LongestText / 2 && tensor.Type != TensorElementType.String)
            return new LogValue(column, Text: DigestOf(RowBytes(tensor.Value, row, batched ? rows : 1)));

        var json = Begin();
        OutputColumn.WriteTensorRow(json, tensor, row, rows);
        return new LogValue(column, Text: End(json));
    }

    private static LogValue OfMap(OutputColumn output, int row, int rows)
    {
        var json = Begin();
        output.WriteRow(json, row, rows);
        return new LogValue("o." + output.Name, Text: End(json));
    }

    private static LogValue? ScalarOf(string column, TensorView tensor, int at) => tensor.Type switch
    {
        TensorElementType.Float => new LogValue(column, Number: tensor.Value.GetTensorDataAsSpan<float>()[at]),
        TensorElementType.Double => new LogValue(column, Number: tensor.Value.GetTensorDataAsSpan<double>()[at]),
        TensorElementType.Int64 => new LogValue(column, Integer: tensor.Value.GetTensorDataAsSpan<long>()[at]),
        TensorElementType.Int32 => new LogValue(column, Integer: tensor.Value.GetTensorDataAsSpan<int>()[at]),
        TensorElementType.String => new LogValue(column, Text: Shortened(tensor.Value.GetStringElement(at))),
        _ => null,
    };

    private static ReadOnlySpan<byte> RowBytes(OrtValue tensor, int row, int rows)
    {
        var all = tensor.GetTensorMutableRawData();
        var perRow = all.Length / rows;
        return all.Slice(rows == 1 ? 0 : row * perRow, perRow);
    }

    private static string Shortened(string text) =>
        text.Length <= LongestText ? text : DigestOf(Encoding.UTF8.GetBytes(text));

    private static string DigestOf(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A writer that this thread uses again and again; one value at a time.</summary>
    private static Utf8JsonWriter Begin()
    {
        _text ??= new ArrayBufferWriter<byte>(1024);
        _text.ResetWrittenCount();
        if (_json is null)
            _json = new Utf8JsonWriter(_text, new JsonWriterOptions { SkipValidation = true });
        else
            _json.Reset();
        return _json;
    }

    /// <returns>The text, or its digest when it is long.</returns>
    private static string End(Utf8JsonWriter json)
    {
        json.Flush();
        var written = _text!.WrittenSpan;
        return written.Length <= LongestText ? Encoding.UTF8.GetString(written) : DigestOf(written);
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

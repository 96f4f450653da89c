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
    private const int LongestText = 4096;

    public static void AddInputs(List<LogValue> into, InputTensors inputs, int row, IReadOnlyList<string>? fields)
    {
        for (var i = 0; i < inputs.Inputs.Length; i++)
        {
            if (fields is null || Contains(fields, inputs.Inputs[i].Name))
                into.Add(Of("i." + inputs.Inputs[i].Name, inputs.Values[i], row, inputs.Rows));
        }
    }

    public static void AddOutputs(List<LogValue> into, OutputColumn[] outputs, int row, int rows)
    {
        foreach (var output in outputs)
            into.Add((output.Tensor is { } tensor ? ScalarOf("o." + output.Name, tensor, row, rows) : null) ?? new LogValue("o." + output.Name, Text: Bounded(json => output.WriteRow(json, row, rows))));
    }

    private static LogValue Of(string column, OrtValue tensor, int row, int rows) =>
        ScalarOf(column, tensor, row, rows) ?? new LogValue(column, Text: Bounded(json => OutputColumn.WriteTensorRow(json, tensor, row, rows)));

    /// <returns>Null when a row holds several elements, or one that is neither number nor text.</returns>
    private static LogValue? ScalarOf(string column, OrtValue tensor, int row, int rows)
    {
        var info = tensor.GetTensorTypeAndShape();
        var batched = info.Shape.Length > 0 && info.Shape[0] == rows;
        if (info.ElementCount != (batched ? rows : 1) || info.Shape.Length > 1)
            return null;

        var at = batched ? row : 0;
        return info.ElementDataType switch
        {
            TensorElementType.Float => new LogValue(column, Number: tensor.GetTensorDataAsSpan<float>()[at]),
            TensorElementType.Double => new LogValue(column, Number: tensor.GetTensorDataAsSpan<double>()[at]),
            TensorElementType.Int64 => new LogValue(column, Integer: tensor.GetTensorDataAsSpan<long>()[at]),
            TensorElementType.Int32 => new LogValue(column, Integer: tensor.GetTensorDataAsSpan<int>()[at]),
            TensorElementType.String => new LogValue(column, Text: tensor.GetStringElement(at)),
            _ => null,
        };
    }

    /// <summary>The JSON text, or its digest when it is longer than 4 KiB.</summary>
    private static string Bounded(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes))
            write(json);
        return bytes.WrittenCount <= LongestText
            ? Encoding.UTF8.GetString(bytes.WrittenSpan)
            : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes.WrittenSpan));
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

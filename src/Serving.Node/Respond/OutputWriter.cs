using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Respond;

/// <summary>Writes tensors as JSON. What is not finite has no JSON form and is written as null.</summary>
internal static class OutputWriter
{
    /// <summary>All elements, flat, row by row.</summary>
    public static void WriteFlat(Utf8JsonWriter json, TensorBuffer tensor)
    {
        json.WriteStartArray();
        WriteElements(json, tensor, 0, tensor.Count);
        json.WriteEndArray();
    }

    /// <summary>
    /// One row without the batch dimension: a scalar, arrays nested as the shape says, or an object of the class labels;
    /// the whole tensor when its first dimension is not that of the batch.
    /// </summary>
    public static void WriteRow(Utf8JsonWriter json, TensorBuffer tensor, int row, int rows)
    {
        if (!tensor.IsBatched(rows))
        {
            WriteNested(json, tensor, tensor.Shape, 0, tensor.Count);
            return;
        }

        var perRow = tensor.Count / rows;
        if (tensor.Labels is { } labels)
            WriteLabelled(json, tensor.Values<float>().Slice(row * perRow, perRow), labels);
        else
            WriteNested(json, tensor, tensor.Shape[1..], row * perRow, perRow);
    }

    private static void WriteLabelled(Utf8JsonWriter json, ReadOnlySpan<float> values, ClassLabels labels)
    {
        json.WriteStartObject();
        for (var i = 0; i < values.Length; i++)
        {
            json.WritePropertyName(labels.Names[i]);
            WriteNumber(json, values[i]);
        }

        json.WriteEndObject();
    }

    private static void WriteNested(Utf8JsonWriter json, TensorBuffer tensor, ReadOnlySpan<long> shape, int at, int count)
    {
        if (shape.IsEmpty)
        {
            WriteElements(json, tensor, at, 1);
            return;
        }

        json.WriteStartArray();
        if (shape.Length == 1)
        {
            WriteElements(json, tensor, at, count);
        }
        else if (count > 0)
        {
            var size = count / (int)shape[0];
            for (var i = 0; i < shape[0]; i++)
                WriteNested(json, tensor, shape[1..], at + i * size, size);
        }

        json.WriteEndArray();
    }

    private static void WriteElements(Utf8JsonWriter json, TensorBuffer tensor, int at, int count)
    {
        switch (tensor.Type)
        {
            case TensorElementType.Float:
                foreach (var value in tensor.Values<float>().Slice(at, count))
                    WriteNumber(json, value);
                break;
            case TensorElementType.Double:
                foreach (var value in tensor.Values<double>().Slice(at, count))
                    WriteNumber(json, value);
                break;
            case TensorElementType.Int64:
                foreach (var value in tensor.Values<long>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Int32:
                foreach (var value in tensor.Values<int>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Int16:
                foreach (var value in tensor.Values<short>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Int8:
                foreach (var value in tensor.Values<sbyte>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt64:
                foreach (var value in tensor.Values<ulong>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt32:
                foreach (var value in tensor.Values<uint>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt16:
                foreach (var value in tensor.Values<ushort>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt8:
                foreach (var value in tensor.Values<byte>().Slice(at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Bool:
                foreach (var value in tensor.Values<byte>().Slice(at, count))
                    json.WriteBooleanValue(value != 0);
                break;
            case TensorElementType.String:
                for (var i = at; i < at + count; i++)
                    json.WriteStringValue(tensor.Text(i));
                break;
            case TensorElementType.Float16:
                foreach (var value in tensor.Values<Float16>().Slice(at, count))
                    WriteNumber(json, (float)value);
                break;
            case TensorElementType.BFloat16:
                foreach (var value in tensor.Values<BFloat16>().Slice(at, count))
                    WriteNumber(json, (float)value);
                break;
            default:
                throw new NotSupportedException($"Outputs of type {tensor.Type} have no JSON form.");
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }

    private static void WriteNumber(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }
}

using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>Writes output tensors as JSON. What is not finite has no JSON form and is written as null.</summary>
internal static class OutputWriter
{
    /// <summary>All elements, flat, row by row.</summary>
    public static void WriteFlat(Utf8JsonWriter json, OrtValue tensor, TensorElementType type)
    {
        json.WriteStartArray();
        WriteElements(json, tensor, type, 0, int.MaxValue);
        json.WriteEndArray();
    }

    /// <summary>One row without the batch dimension: a scalar, or arrays nested as the shape says.</summary>
    public static void WriteRow(Utf8JsonWriter json, OrtValue tensor, TensorElementType type, long[] shape, int row)
    {
        var perRow = 1;
        for (var i = 1; i < shape.Length; i++)
            perRow *= (int)shape[i];
        WriteNested(json, tensor, type, shape, 1, row * perRow, perRow);
    }

    private static void WriteNested(Utf8JsonWriter json, OrtValue tensor, TensorElementType type, long[] shape, int dimension, int at, int count)
    {
        if (dimension >= shape.Length)
        {
            WriteElements(json, tensor, type, at, 1);
            return;
        }

        json.WriteStartArray();
        if (dimension == shape.Length - 1)
        {
            WriteElements(json, tensor, type, at, count);
        }
        else if (count > 0)
        {
            var size = count / (int)shape[dimension];
            for (var i = 0; i < shape[dimension]; i++)
                WriteNested(json, tensor, type, shape, dimension + 1, at + i * size, size);
        }

        json.WriteEndArray();
    }

    private static void WriteElements(Utf8JsonWriter json, OrtValue tensor, TensorElementType type, int at, int count)
    {
        switch (type)
        {
            case TensorElementType.Float:
                foreach (var value in Slice<float>(tensor, at, count))
                    WriteNumber(json, value);
                break;
            case TensorElementType.Double:
                foreach (var value in Slice<double>(tensor, at, count))
                    WriteNumber(json, value);
                break;
            case TensorElementType.Int64:
                foreach (var value in Slice<long>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Int32:
                foreach (var value in Slice<int>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Int16:
                foreach (var value in Slice<short>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Int8:
                foreach (var value in Slice<sbyte>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt64:
                foreach (var value in Slice<ulong>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt32:
                foreach (var value in Slice<uint>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt16:
                foreach (var value in Slice<ushort>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.UInt8:
                foreach (var value in Slice<byte>(tensor, at, count))
                    json.WriteNumberValue(value);
                break;
            case TensorElementType.Bool:
                foreach (var value in Slice<bool>(tensor, at, count))
                    json.WriteBooleanValue(value);
                break;
            case TensorElementType.String:
                var last = (int)Math.Min(at + (long)count, tensor.GetTensorTypeAndShape().ElementCount);
                for (var i = at; i < last; i++)
                    json.WriteStringValue(tensor.GetStringElement(i));
                break;
            case TensorElementType.Float16:
                foreach (var value in Slice<Float16>(tensor, at, count))
                    WriteNumber(json, (float)value);
                break;
            case TensorElementType.BFloat16:
                foreach (var value in Slice<BFloat16>(tensor, at, count))
                    WriteNumber(json, (float)value);
                break;
            default:
                throw new NotSupportedException($"Outputs of type {type} have no JSON form.");
        }
    }

    private static ReadOnlySpan<T> Slice<T>(OrtValue tensor, int at, int count)
        where T : unmanaged
    {
        var all = tensor.GetTensorDataAsSpan<T>();
        return all.Slice(at, Math.Min(count, all.Length - at));
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

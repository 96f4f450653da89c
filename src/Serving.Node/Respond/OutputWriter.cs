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
        WriteElements(json, tensor, 0, tensor.Count, ValueForms.Json);
        json.WriteEndArray();
    }

    /// <summary>
    /// One row without the batch dimension: a scalar, arrays nested as the shape says, or an object of the class labels;
    /// the whole tensor when its first dimension is not that of the batch.
    /// </summary>
    /// <param name="forms">How what plain JSON has no form for is written.</param>
    public static void WriteRow(Utf8JsonWriter json, TensorBuffer tensor, int row, int rows, ValueForms forms = ValueForms.Json)
    {
        if (!tensor.IsBatched(rows))
        {
            WriteNested(json, tensor, tensor.Shape, 0, tensor.Count, forms);
            return;
        }

        var perRow = tensor.Count / rows;
        if (tensor.Labels is { } labels)
            WriteLabelled(json, tensor.Values<float>().Slice(row * perRow, perRow), labels, forms);
        else
            WriteNested(json, tensor, tensor.Shape[1..], row * perRow, perRow, forms);
    }

    /// <summary>The whole tensor, arrays nested as its shape says; maps as a list of objects.</summary>
    public static void WriteWhole(Utf8JsonWriter json, TensorBuffer tensor, ValueForms forms)
    {
        if (tensor.Labels is null)
        {
            WriteNested(json, tensor, tensor.Shape, 0, tensor.Count, forms);
            return;
        }

        var rows = (int)tensor.Shape[0];
        json.WriteStartArray();
        for (var row = 0; row < rows; row++)
            WriteRow(json, tensor, row, rows, forms);
        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> text, ValueForms forms)
    {
        if ((forms & ValueForms.Base64) == ValueForms.Json)
        {
            json.WriteStringValue(text);
            return;
        }

        json.WriteStartObject();
        json.WriteBase64String("b64"u8, text);
        json.WriteEndObject();
    }

    private static void WriteLabelled(Utf8JsonWriter json, ReadOnlySpan<float> values, ClassLabels labels, ValueForms forms)
    {
        json.WriteStartObject();
        for (var i = 0; i < values.Length; i++)
        {
            json.WritePropertyName(labels.Names[i]);
            WriteNumber(json, values[i], forms);
        }

        json.WriteEndObject();
    }

    private static void WriteNested(Utf8JsonWriter json, TensorBuffer tensor, ReadOnlySpan<long> shape, int at, int count, ValueForms forms)
    {
        if (shape.IsEmpty)
        {
            WriteElements(json, tensor, at, 1, forms);
            return;
        }

        json.WriteStartArray();
        if (shape.Length == 1)
        {
            WriteElements(json, tensor, at, count, forms);
        }
        else if (count > 0)
        {
            var size = count / (int)shape[0];
            for (var i = 0; i < shape[0]; i++)
                WriteNested(json, tensor, shape[1..], at + i * size, size, forms);
        }

        json.WriteEndArray();
    }

    private static void WriteElements(Utf8JsonWriter json, TensorBuffer tensor, int at, int count, ValueForms forms)
    {
        switch (tensor.Type)
        {
            case TensorElementType.Float:
                foreach (var value in tensor.Values<float>().Slice(at, count))
                    WriteNumber(json, value, forms);
                break;
            case TensorElementType.Double:
                foreach (var value in tensor.Values<double>().Slice(at, count))
                    WriteNumber(json, value, forms);
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
                    WriteText(json, tensor.Text(i), forms);
                break;
            case TensorElementType.Float16:
                foreach (var value in tensor.Values<Float16>().Slice(at, count))
                    WriteNumber(json, (float)value, forms);
                break;
            case TensorElementType.BFloat16:
                foreach (var value in tensor.Values<BFloat16>().Slice(at, count))
                    WriteNumber(json, (float)value, forms);
                break;
            default:
                throw new NotSupportedException($"Outputs of type {tensor.Type} have no JSON form.");
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, float value, ValueForms forms)
    {
        if (!float.IsFinite(value))
        {
            WriteNonFinite(json, value, forms);
            return;
        }

        Span<byte> text = stackalloc byte[FloatText.MostBytes];
        json.WriteRawValue(text[..FloatText.Write(value, text)], skipInputValidation: true);
    }

    private static void WriteNumber(Utf8JsonWriter json, double value, ValueForms forms)
    {
        if (double.IsFinite(value))
            json.WriteNumberValue(value);
        else
            WriteNonFinite(json, value, forms);
    }

    private static void WriteNonFinite(Utf8JsonWriter json, double value, ValueForms forms)
    {
        if ((forms & ValueForms.NonFinite) == ValueForms.Json)
            json.WriteNullValue();
        else
            json.WriteRawValue(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8, skipInputValidation: true);
    }
}

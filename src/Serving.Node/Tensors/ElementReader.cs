using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>Reads JSON scalars into the memory of a tensor: integers for integer types, any finite number for floats, text for BYTES.</summary>
internal static class ElementReader
{
    /// <summary>Fills elements from <paramref name="at"/> with the scalars of the value the reader stands on, nested arrays taken row by row.</summary>
    /// <param name="at">Text is always added at the end.</param>
    /// <param name="shape">How arrays may be nested, beside one flat array; at most 64 dimensions.</param>
    /// <returns>Elements written.</returns>
    /// <exception cref="BadInputException">A scalar has the wrong type or range, or there are more than <paramref name="room"/>.</exception>
    public static int Fill(ref Utf8JsonReader reader, TensorBuffer into, int at, int room, scoped ReadOnlySpan<long> shape, in FieldPath field, ValueForms forms = ValueForms.Json) => into.Type switch
    {
        TensorElementType.Float when (forms & ValueForms.NonFinite) != ValueForms.Json => Fill<float, AnyFloatElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Double when (forms & ValueForms.NonFinite) != ValueForms.Json => Fill<double, AnyDoubleElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Float => Fill<float, FloatElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Double => Fill<double, DoubleElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Int64 => Fill<long, LongElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Int32 => Fill<int, IntElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Int16 => Fill<short, ShortElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Int8 => Fill<sbyte, SByteElement>(ref reader, into, at, room, shape, field),
        TensorElementType.UInt64 => Fill<ulong, ULongElement>(ref reader, into, at, room, shape, field),
        TensorElementType.UInt32 => Fill<uint, UIntElement>(ref reader, into, at, room, shape, field),
        TensorElementType.UInt16 => Fill<ushort, UShortElement>(ref reader, into, at, room, shape, field),
        TensorElementType.UInt8 => Fill<byte, ByteElement>(ref reader, into, at, room, shape, field),
        TensorElementType.Bool => Fill<bool, BoolElement>(ref reader, into, at, room, shape, field),
        TensorElementType.String => FillText(ref reader, into, room, shape, field, forms),
        _ => throw new BadInputException(field.ToString(), $"{field} is {Datatype.NameOf(into.Type)}, which has no JSON form."),
    };

    private static int Fill<T, TElement>(ref Utf8JsonReader reader, TensorBuffer into, int at, int room, scoped ReadOnlySpan<long> shape, in FieldPath field)
        where T : unmanaged
        where TElement : struct, IElement<T>
    {
        var elements = into.Values<T>().Slice(at, room);
        var nesting = new Nesting(shape, stackalloc int[shape.Length], in field);
        var depth = reader.CurrentDepth;
        var count = 0;
        do
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                nesting.Open(count);
                continue;
            }

            if (reader.TokenType == JsonTokenType.EndArray)
            {
                nesting.Close(count);
                continue;
            }

            if (count == room)
                throw TooMany(field, room);
            nesting.Scalar(count);
            if (!TElement.TryRead(ref reader, out elements[count]))
                throw WrongElement(ref reader, field, count, TElement.Expects);
            count++;
        }
        while (!(reader.CurrentDepth == depth && reader.TokenType != JsonTokenType.StartArray) && reader.Read());

        return count;
    }

    private static int FillText(ref Utf8JsonReader reader, TensorBuffer into, int room, scoped ReadOnlySpan<long> shape, in FieldPath field, ValueForms forms)
    {
        var nesting = new Nesting(shape, stackalloc int[shape.Length], in field);
        var depth = reader.CurrentDepth;
        var count = 0;
        do
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                nesting.Open(count);
                continue;
            }

            if (reader.TokenType == JsonTokenType.EndArray)
            {
                nesting.Close(count);
                continue;
            }

            if (count == room)
                throw TooMany(field, room);
            nesting.Scalar(count);
            if (reader.TokenType == JsonTokenType.StartObject && (forms & ValueForms.Base64) != ValueForms.Json)
                Base64Element.Read(ref reader, into, count, field);
            else if (reader.TokenType == JsonTokenType.String)
                into.CommitText(reader.CopyString(into.RoomForText(reader.ValueSpan.Length)));
            else
                throw WrongElement(ref reader, field, count, "a string");
            count++;
        }
        while (!(reader.CurrentDepth == depth && reader.TokenType != JsonTokenType.StartArray) && reader.Read());

        return count;
    }

    private static BadInputException TooMany(in FieldPath field, int room) =>
        new(field.ToString(), $"{field} holds more than the {room} elements its shape asks for.");

    private static BadInputException WrongElement(ref Utf8JsonReader reader, in FieldPath field, int index, string expected)
    {
        var got = reader.TokenType switch
        {
            JsonTokenType.String => "a string",
            JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 40)]),
            JsonTokenType.True or JsonTokenType.False => "a boolean",
            JsonTokenType.Null => "null",
            _ => "an object",
        };
        return new BadInputException(field.ToString(), $"{field}, element {index}: expected {expected}, got {got}.");
    }

    private interface IElement<T>
    {
        static abstract string Expects { get; }

        static abstract bool TryRead(ref Utf8JsonReader reader, out T value);
    }

    private readonly struct FloatElement : IElement<float>
    {
        public static string Expects => "a finite number in the range of FP32";

        public static bool TryRead(ref Utf8JsonReader reader, out float value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && (NumberText.TryRead(reader.ValueSpan, out value) || (reader.TryGetSingle(out value) && float.IsFinite(value)));
        }
    }

    private readonly struct DoubleElement : IElement<double>
    {
        public static string Expects => "a finite number in the range of FP64";

        public static bool TryRead(ref Utf8JsonReader reader, out double value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && (NumberText.TryRead(reader.ValueSpan, out value) || (reader.TryGetDouble(out value) && double.IsFinite(value)));
        }
    }

    private readonly struct AnyFloatElement : IElement<float>
    {
        public static string Expects => "a number in the range of FP32, NaN, Infinity or -Infinity";

        public static bool TryRead(ref Utf8JsonReader reader, out float value)
        {
            if (FloatElement.TryRead(ref reader, out value))
                return true;
            var known = AnyDoubleElement.TryReadToken(ref reader, out var token);
            value = (float)token;
            return known;
        }
    }

    private readonly struct AnyDoubleElement : IElement<double>
    {
        public static string Expects => "a number in the range of FP64, NaN, Infinity or -Infinity";

        public static bool TryRead(ref Utf8JsonReader reader, out double value) => DoubleElement.TryRead(ref reader, out value) || TryReadToken(ref reader, out value);

        /// <summary>The three tokens, which arrive here as text (<c>NonFiniteTokens</c>).</summary>
        public static bool TryReadToken(ref Utf8JsonReader reader, out double value)
        {
            value = reader.TokenType != JsonTokenType.String ? 0
                : reader.ValueTextEquals("NaN"u8) ? double.NaN
                : reader.ValueTextEquals("Infinity"u8) ? double.PositiveInfinity
                : reader.ValueTextEquals("-Infinity"u8) ? double.NegativeInfinity
                : 0;
            return !double.IsFinite(value);
        }
    }

    private readonly struct LongElement : IElement<long>
    {
        public static string Expects => "an integer in the range of INT64";

        public static bool TryRead(ref Utf8JsonReader reader, out long value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out value);
        }
    }

    private readonly struct IntElement : IElement<int>
    {
        public static string Expects => "an integer in the range of INT32";

        public static bool TryRead(ref Utf8JsonReader reader, out int value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out value);
        }
    }

    private readonly struct ShortElement : IElement<short>
    {
        public static string Expects => "an integer in the range of INT16";

        public static bool TryRead(ref Utf8JsonReader reader, out short value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetInt16(out value);
        }
    }

    private readonly struct SByteElement : IElement<sbyte>
    {
        public static string Expects => "an integer in the range of INT8";

        public static bool TryRead(ref Utf8JsonReader reader, out sbyte value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetSByte(out value);
        }
    }

    private readonly struct ULongElement : IElement<ulong>
    {
        public static string Expects => "an integer in the range of UINT64";

        public static bool TryRead(ref Utf8JsonReader reader, out ulong value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out value);
        }
    }

    private readonly struct UIntElement : IElement<uint>
    {
        public static string Expects => "an integer in the range of UINT32";

        public static bool TryRead(ref Utf8JsonReader reader, out uint value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out value);
        }
    }

    private readonly struct UShortElement : IElement<ushort>
    {
        public static string Expects => "an integer in the range of UINT16";

        public static bool TryRead(ref Utf8JsonReader reader, out ushort value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetUInt16(out value);
        }
    }

    private readonly struct ByteElement : IElement<byte>
    {
        public static string Expects => "an integer in the range of UINT8";

        public static bool TryRead(ref Utf8JsonReader reader, out byte value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetByte(out value);
        }
    }

    private readonly struct BoolElement : IElement<bool>
    {
        public static string Expects => "true or false";

        public static bool TryRead(ref Utf8JsonReader reader, out bool value)
        {
            value = reader.TokenType == JsonTokenType.True;
            return value || reader.TokenType == JsonTokenType.False;
        }
    }
}

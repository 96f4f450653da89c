using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols;

/// <summary>
/// Tensors as bytes: little-endian, row by row, nothing between the elements; BOOL is a byte 0 or 1, an element of BYTES its length as four bytes and then itself.
/// </summary>
internal static class BinaryTensor
{
    private const int LengthBytes = 4;

    /// <summary>Fills a tensor of a shape that the model takes.</summary>
    /// <exception cref="BadInputException">The bytes are too few, too many, or no such elements.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, TensorBuffer into, TensorElementType type, ReadOnlySpan<long> shape, string field)
    {
        var elements = ShapeText.Elements(shape);
        var least = type == TensorElementType.String ? LengthBytes : Datatype.SizeOf(type);
        if (elements * (UInt128)least > (UInt128)bytes.Length || (type != TensorElementType.String && elements * (UInt128)least != (UInt128)bytes.Length))
            throw new BadInputException(field, $"{field}: shape {ShapeText.Of(shape)} of {Datatype.NameOf(type)} asks for {elements * (UInt128)least} bytes, got {bytes.Length}.");

        into.Reshape(shape);
        if (type == TensorElementType.String)
        {
            ReadTexts(bytes, into, (int)elements, field);
            return;
        }

        if (type == TensorElementType.Bool && bytes.IndexOfAnyExceptInRange((byte)0, (byte)1) is >= 0 and var at)
            throw new BadInputException(field, $"{field}, element {at}: a BOOL is a byte 0 or 1, got {bytes[at]}.");
        bytes.CopyTo(into.Raw);
    }

    /// <exception cref="BadInputException">It is no UTF-8, which is what models take as text.</exception>
    public static void AddText(ReadOnlySpan<byte> bytes, TensorBuffer into, int element, string field)
    {
        if (!Utf8.IsValid(bytes))
            throw new BadInputException(field, $"{field}, element {element}: the model takes text, and these bytes are no UTF-8.");
        into.AddText(bytes);
    }

    public static long SizeOf(TensorBuffer tensor) => tensor.Raw.Length + (tensor.IsText ? (long)LengthBytes * tensor.Count : 0);

    public static void Write(TensorBuffer tensor, IBufferWriter<byte> into)
    {
        if (!tensor.IsText)
        {
            into.Write(tensor.Raw);
            return;
        }

        for (var i = 0; i < tensor.Count; i++)
        {
            var text = tensor.Text(i);
            BinaryPrimitives.WriteInt32LittleEndian(into.GetSpan(LengthBytes), text.Length);
            into.Advance(LengthBytes);
            into.Write(text);
        }
    }

    private static void ReadTexts(ReadOnlySpan<byte> bytes, TensorBuffer into, int elements, string field)
    {
        for (var i = 0; i < elements; i++)
        {
            if (bytes.Length < LengthBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > (uint)(bytes.Length - LengthBytes))
                throw new BadInputException(field, $"{field}, element {i}: the bytes end before the element does.");
            AddText(bytes.Slice(LengthBytes, (int)length), into, i, field);
            bytes = bytes[(LengthBytes + (int)length)..];
        }

        if (!bytes.IsEmpty)
            throw new BadInputException(field, $"{field}: {bytes.Length} bytes follow the last of {elements} elements.");
    }
}

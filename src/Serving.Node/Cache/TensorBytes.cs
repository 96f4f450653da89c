using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Cache;

/// <summary>
/// The tensors of one side of a call as bytes, one after the other in the model's order: type, shape and every element. Two calls of a model have the
/// same bytes exactly when they have the same tensors. Labels of columns are not in it. Allocates nothing.
/// </summary>
internal static class TensorBytes
{
    private const byte NotSet = byte.MaxValue;

    /// <returns>Bytes that <see cref="Write"/> writes.</returns>
    public static long SizeOf(TensorBuffer[] tensors)
    {
        long size = 0;
        foreach (var tensor in tensors)
        {
            size += 1;
            if (tensor.IsSet)
                size += 1 + sizeof(long) * tensor.Shape.Length + tensor.Raw.Length + (tensor.IsText ? (long)sizeof(int) * tensor.Count : 0);
        }

        return size;
    }

    public static void Write(TensorBuffer[] tensors, Span<byte> into)
    {
        foreach (var tensor in tensors)
        {
            into[0] = tensor.IsSet ? (byte)tensor.Type : NotSet;
            into = into[1..];
            if (!tensor.IsSet)
                continue;
            into[0] = (byte)tensor.Shape.Length;
            MemoryMarshal.AsBytes(tensor.Shape).CopyTo(into[1..]);
            into = into[(1 + sizeof(long) * tensor.Shape.Length)..];
            if (tensor.IsText)
            {
                into = WriteTexts(tensor, into);
                continue;
            }

            tensor.Raw.CopyTo(into);
            into = into[tensor.Raw.Length..];
        }
    }

    public static void Read(ReadOnlySpan<byte> from, TensorBuffer[] into)
    {
        Span<long> shape = stackalloc long[byte.MaxValue];
        foreach (var tensor in into)
        {
            var type = from[0];
            from = from[1..];
            if (type == NotSet)
                continue;
            var rank = from[0];
            MemoryMarshal.Cast<byte, long>(from.Slice(1, sizeof(long) * rank)).CopyTo(shape);
            from = from[(1 + sizeof(long) * rank)..];
            tensor.Reshape((TensorElementType)type, shape[..rank]);
            if (tensor.IsText)
            {
                from = ReadTexts(from, tensor);
                continue;
            }

            var raw = tensor.Raw;
            from[..raw.Length].CopyTo(raw);
            from = from[raw.Length..];
        }
    }

    private static Span<byte> WriteTexts(TensorBuffer tensor, Span<byte> into)
    {
        for (var i = 0; i < tensor.Count; i++)
        {
            var text = tensor.Text(i);
            BinaryPrimitives.WriteInt32LittleEndian(into, text.Length);
            text.CopyTo(into[sizeof(int)..]);
            into = into[(sizeof(int) + text.Length)..];
        }

        return into;
    }

    private static ReadOnlySpan<byte> ReadTexts(ReadOnlySpan<byte> from, TensorBuffer into)
    {
        for (var i = 0; i < into.Count; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(from);
            into.AddText(from.Slice(sizeof(int), length));
            from = from[(sizeof(int) + length)..];
        }

        return from;
    }
}

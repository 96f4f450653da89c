using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Log.Segments;

/// <summary>Whole numbers of types that Parquet has none for become wider ones.</summary>
internal static class Widening
{
    public static void Copy(TensorElementType type, ReadOnlySpan<byte> from, Span<byte> into)
    {
        switch (type)
        {
            case TensorElementType.Int8:
                Widen<sbyte, int>(from, into);
                break;
            case TensorElementType.UInt8:
                Widen<byte, int>(from, into);
                break;
            case TensorElementType.Int16:
                Widen<short, int>(from, into);
                break;
            case TensorElementType.UInt16:
                Widen<ushort, int>(from, into);
                break;
            case TensorElementType.UInt32:
                Widen<uint, long>(from, into);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "These are kept as they are.");
        }
    }

    private static void Widen<TFrom, TInto>(ReadOnlySpan<byte> from, Span<byte> into)
        where TFrom : unmanaged, System.Numerics.INumber<TFrom>
        where TInto : unmanaged, System.Numerics.INumber<TInto>
    {
        var values = MemoryMarshal.Cast<byte, TFrom>(from);
        var wide = MemoryMarshal.Cast<byte, TInto>(into);
        for (var i = 0; i < values.Length; i++)
            wide[i] = TInto.CreateChecked(values[i]);
    }
}

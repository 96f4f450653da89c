using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Log.Columnar;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>How a tensor is kept, as far as its signature tells.</summary>
internal enum ColumnKind : byte
{
    /// <summary>One number a row.</summary>
    Number = 0,

    /// <summary>A list of numbers a row.</summary>
    Numbers = 1,

    /// <summary>Text, or JSON: text elements, maps, rows of several dimensions.</summary>
    Text = 2,
}

/// <summary>One input or output in the log.</summary>
/// <param name="Name"><c>i.</c> or <c>o.</c> and the tensor's name.</param>
/// <param name="Index">Its place among the model's inputs, or outputs.</param>
internal sealed record LogColumn(string Name, bool IsInput, int Index, ColumnKind Kind, TensorElementType Type)
{
    /// <summary>Bytes of a row; longer values are logged as their digest.</summary>
    public const int LongestValue = 4096;

    public static LogColumn OfInput(TensorInput input, int index) => new("i." + input.Name, true, index, KindOf(input.Type, input.Shape), input.Type);

    public static LogColumn OfOutput(Contracts.Models.TensorSpec output, int index)
    {
        var type = Datatype.Parse(System.Text.Encoding.UTF8.GetBytes(output.Type));
        return type is { } known && output.Shape is { } shape
            ? new("o." + output.Name, false, index, KindOf(known, [.. shape]), known)
            : new("o." + output.Name, false, index, ColumnKind.Text, TensorElementType.String);
    }

    /// <returns>How numbers of a type are kept; null: as text.</returns>
    public static PhysicalType? PhysicalOf(TensorElementType type) => type switch
    {
        TensorElementType.Float => PhysicalType.Real32,
        TensorElementType.Double => PhysicalType.Real64,
        TensorElementType.Int64 or TensorElementType.UInt32 => PhysicalType.Int64,
        TensorElementType.Int32 or TensorElementType.Int16 or TensorElementType.UInt16 or TensorElementType.Int8 or TensorElementType.UInt8 => PhysicalType.Int32,
        _ => null,
    };

    private static ColumnKind KindOf(TensorElementType type, long[] shape)
    {
        if (PhysicalOf(type) is null || shape.Length > 3)
            return ColumnKind.Text;
        ReadOnlySpan<long> row = shape.Length == 0 ? [] : shape.AsSpan(1);
        var elements = 1L;
        foreach (var size in row)
            elements *= Math.Max(1, size);
        if (elements * Datatype.SizeOf(type) > LongestValue)
            return ColumnKind.Text;
        return elements == 1 && !row.Contains(-1) ? ColumnKind.Number : row.Length == 1 ? ColumnKind.Numbers : ColumnKind.Text;
    }
}

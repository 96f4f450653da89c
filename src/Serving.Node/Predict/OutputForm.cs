using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Predict;

/// <summary>An output of numbers whose size follows from the number of rows.</summary>
/// <param name="Sizes">-1 only in the first place, where it stands for the rows.</param>
internal sealed record OutputForm(TensorElementType Type, long[] Sizes)
{
    /// <returns>Null: the size, or whether it is a tensor of numbers at all, is known after the run only.</returns>
    public static OutputForm? Of(NodeMetadata metadata)
    {
        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || metadata.ElementDataType == TensorElementType.String)
            return null;
        var sizes = metadata.Dimensions;
        // A model may leave the rank out as well; that looks like a scalar here.
        return sizes.Length == 0 || Array.Exists(sizes[1..], size => size <= 0) || sizes[0] == 0 ? null : new OutputForm(metadata.ElementDataType, [.. sizes.Select(size => (long)size)]);
    }

    /// <returns>The sizes written into <paramref name="into"/>.</returns>
    public ReadOnlySpan<long> For(int rows, Span<long> into)
    {
        Sizes.CopyTo(into);
        if (into[0] < 0)
            into[0] = rows;
        return into[..Sizes.Length];
    }
}

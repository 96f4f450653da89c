using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>A tensor with its type and shape, asked of the runtime once: each question is half a dozen calls into native code.</summary>
internal readonly record struct TensorView(OrtValue Value, TensorElementType Type, long[] Shape)
{
    public static TensorView Of(OrtValue tensor)
    {
        var info = tensor.GetTensorTypeAndShape();
        return new TensorView(tensor, info.ElementDataType, info.Shape);
    }

    public UInt128 Elements => ShapeText.Elements(Shape);

    /// <summary>Whether the first dimension is that of the batch.</summary>
    public bool IsBatched(int rows) => Shape.Length > 0 && Shape[0] == rows;
}

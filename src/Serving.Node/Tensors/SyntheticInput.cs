using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>An input that any model should survive: one row, variable sizes 1, zeros, empty texts.</summary>
internal static class SyntheticInput
{
    private const long MostElements = 64 << 20;

    /// <returns>Null when the model's own fixed sizes ask for more than 64 Mi elements.</returns>
    public static InputTensors? For(TensorInput[] inputs)
    {
        var tensors = new InputTensors(inputs);
        for (var i = 0; i < inputs.Length; i++)
        {
            long[] shape = [.. inputs[i].Shape.Select(size => size < 0 ? 1 : size)];
            if (shape.Aggregate((UInt128)1, (product, size) => product * (UInt128)size) > MostElements)
            {
                tensors.Dispose();
                return null;
            }

            var value = tensors.Allocate(i, shape);
            if (inputs[i].Type != TensorElementType.String)
                value.GetTensorMutableRawData().Clear();
        }

        return tensors;
    }
}

using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>An input that any model should survive: one row, variable sizes 1, zeros, empty texts.</summary>
internal static class SyntheticInput
{
    private const long MostElements = 64 << 20;

    /// <returns>False when the model's own fixed sizes ask for more than 64 Mi elements.</returns>
    public static bool Fill(ModelCall call)
    {
        foreach (var (input, tensor) in call.Model.Inputs.Zip(call.Inputs))
        {
            long[] shape = [.. input.Shape.Select(size => size < 0 ? 1 : size)];
            if (ShapeText.Elements(shape) > MostElements)
                return false;
            tensor.Reshape(shape);
            tensor.Raw.Clear();
        }

        return true;
    }
}

using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>One input tensor of a model.</summary>
/// <param name="Shape">-1 where variable.</param>
internal sealed record TensorInput(string Name, byte[] Utf8Name, TensorElementType Type, long[] Shape)
{
    public string Datatype { get; } = Tensors.Datatype.NameOf(Type);

    /// <summary>Column of the prediction log.</summary>
    public string LogName { get; } = "i." + Name;

    /// <summary>Whether a shape a caller gave fits the model's.</summary>
    public bool Takes(ReadOnlySpan<long> given)
    {
        if (given.Length != Shape.Length)
            return false;
        for (var i = 0; i < given.Length; i++)
        {
            if (given[i] < 0 || (Shape[i] >= 0 && Shape[i] != given[i]))
                return false;
        }

        return true;
    }
}

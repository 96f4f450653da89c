using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Whether a tensor that a caller describes is one that the model takes.</summary>
internal static class OipShape
{
    /// <param name="datatype">Null: none was given.</param>
    /// <param name="rank">Sizes given; -1: none.</param>
    /// <exception cref="BadInputException">It is not, or it is there already; 413 for too many rows.</exception>
    public static void Check(TensorInput input, TensorBuffer tensor, TensorElementType? datatype, scoped ReadOnlySpan<long> sizes, int rank, int maxRows)
    {
        if (tensor.IsSet)
            throw new BadInputException($"inputs.{input.Name}", $"Input {input.Name} is given twice.");
        if (datatype != input.Type)
            throw new BadInputException($"inputs.{input.Name}.datatype", $"Input {input.Name}: expected datatype {input.Datatype}, got {(datatype is { } got ? Datatype.NameOf(got) : "none")}.");
        if (rank < 0 || !input.Takes(sizes[..rank]))
            throw new BadInputException($"inputs.{input.Name}.shape", $"Input {input.Name}: expected shape {ShapeText.Of(input.Shape)}, got {(rank < 0 ? "none" : ShapeText.Of(sizes[..rank]))}.");
        if (rank > 0 && sizes[0] > maxRows)
            throw new BadInputException($"inputs.{input.Name}.shape", $"Input {input.Name}: {sizes[0]} rows; this endpoint takes {maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);
        if (ShapeText.Elements(sizes[..rank]) == 0)
            throw new BadInputException($"inputs.{input.Name}.shape", $"Input {input.Name}: shape {ShapeText.Of(sizes[..rank])} holds no element; send one row at least.");
    }
}

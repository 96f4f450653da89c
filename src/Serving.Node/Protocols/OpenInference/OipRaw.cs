using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>
/// A body that is one tensor and nothing else, for models with one input: one row, at most one size that the bytes decide. All outputs leave as bytes.
/// </summary>
internal static class OipRaw
{
    /// <exception cref="BadInputException">The model has several inputs, or the bytes are no row of it.</exception>
    public static void Read(OipExchange exchange)
    {
        var inputs = exchange.Call.Model.Inputs;
        if (inputs.Length != 1)
            throw new BadInputException("body", $"Without a JSON part a body is the bytes of the only input; this model has {inputs.Length}: {string.Join(", ", inputs.Select(input => input.Name))}.");

        exchange.BinaryOutputs = true;
        var input = inputs[0];
        var into = exchange.Call.Inputs[0];
        var bytes = exchange.Binary;
        var field = $"inputs.{input.Name}";
        Span<long> shape = stackalloc long[input.Shape.Length];
        input.Shape.CopyTo(shape);
        if (shape.Length > 1 && shape[0] < 0)
            shape[0] = 1;
        if (input.Type == TensorElementType.String)
        {
            ReadText(bytes, into, shape, field);
            return;
        }

        Complete(shape, bytes.Length / Datatype.SizeOf(input.Type), field);
        BinaryTensor.Read(bytes, into, input.Type, shape, field);
        if (into.Count == 0)
            throw new BadInputException(field, $"{field}: the body is empty.");
    }

    /// <summary>The whole body is the one element.</summary>
    private static void ReadText(ReadOnlySpan<byte> bytes, TensorBuffer into, Span<long> shape, string field)
    {
        foreach (ref var size in shape)
        {
            if (size is not (1 or < 0))
                throw new BadInputException(field, $"{field}: without a JSON part a body is one element, and this input has {ShapeText.Of(shape)}.");
            size = 1;
        }

        into.Reshape(shape);
        BinaryTensor.AddText(bytes, into, 0, field);
    }

    private static void Complete(Span<long> shape, long elements, string field)
    {
        var variable = shape.IndexOf(-1);
        if (variable < 0)
            return;
        if (shape[(variable + 1)..].Contains(-1))
            throw new BadInputException(field, $"{field}: without a JSON part one size at most may be variable, and this input has {ShapeText.Of(shape)}.");
        shape[variable] = 1;
        var others = (long)UInt128.Min(ShapeText.Elements(shape), long.MaxValue);
        shape[variable] = others == 0 ? 0 : elements / others;
    }
}

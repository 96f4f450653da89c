using System.Globalization;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>The classification extension: of each row the best classes, as text <c>value:index</c> or <c>value:index:label</c>.</summary>
internal static class TopClasses
{
    /// <param name="rows">Rows of the batch; a tensor that is not one of rows is one list of classes.</param>
    /// <param name="most">Classes a row, 1 or more.</param>
    /// <returns>A tensor of text that the caller disposes of; equal values in the order of their indices.</returns>
    /// <exception cref="BadInputException">The output is no tensor of numbers.</exception>
    public static TensorBuffer Of(TensorBuffer scores, int rows, int most)
    {
        var values = Numbers(scores);
        var isBatch = scores.IsBatched(rows) && (scores.Shape.Length > 1 || rows > 1);
        var lists = isBatch ? rows : 1;
        var classes = lists == 0 ? 0 : values.Length / lists;
        var kept = Math.Min(most, classes);
        var top = new TensorBuffer(scores.Name, TensorElementType.String);
        top.Reshape(isBatch ? [rows, kept] : [kept]);
        for (var list = 0; list < lists; list++)
        {
            var row = values.AsMemory(list * classes, classes);
            foreach (var index in Enumerable.Range(0, classes).OrderByDescending(index => row.Span[index]).Take(kept))
                top.AddText(Text(scores, row.Span[index], index));
        }

        return top;
    }

    private static string Text(TensorBuffer scores, double value, int index)
    {
        var number = scores.Type == TensorElementType.Float ? ((float)value).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture);
        return scores.Labels is { } labels ? $"{number}:{index}:{labels.Names[index]}" : $"{number}:{index}";
    }

    private static double[] Numbers(TensorBuffer tensor) => tensor.Type switch
    {
        TensorElementType.Float => Widened<float>(tensor, value => value),
        TensorElementType.Double => Widened<double>(tensor, value => value),
        TensorElementType.Int64 => Widened<long>(tensor, value => value),
        TensorElementType.Int32 => Widened<int>(tensor, value => value),
        TensorElementType.Int16 => Widened<short>(tensor, value => value),
        TensorElementType.Int8 => Widened<sbyte>(tensor, value => value),
        TensorElementType.UInt64 => Widened<ulong>(tensor, value => value),
        TensorElementType.UInt32 => Widened<uint>(tensor, value => value),
        TensorElementType.UInt16 => Widened<ushort>(tensor, value => value),
        TensorElementType.UInt8 => Widened<byte>(tensor, value => value),
        _ => throw new BadInputException($"outputs.{tensor.Name}", $"Output {tensor.Name} is {Datatype.NameOf(tensor.Type)}; classes are told of numbers only."),
    };

    private static double[] Widened<T>(TensorBuffer tensor, Func<T, double> widen)
        where T : unmanaged
    {
        var values = new double[tensor.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = widen(tensor.Values<T>()[i]);
        return values;
    }
}

using System.Numerics;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Cache;

/// <summary>Whether two answers of a model are the same: labels, whole numbers and flags exactly, floats to 1e-6 + 1e-5 relative.</summary>
internal static class Agreement
{
    private const double Absolute = 1e-6;
    private const double Relative = 1e-5;

    public static bool Of(TensorBuffer[] expected, TensorBuffer[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (!Of(expected[i], actual[i]))
                return false;
        }

        return true;
    }

    private static bool Of(TensorBuffer expected, TensorBuffer actual)
    {
        if (expected.Type != actual.Type || !expected.Shape.SequenceEqual(actual.Shape) || expected.Labels?.Json != actual.Labels?.Json)
            return false;
        return expected.Type switch
        {
            TensorElementType.String => SameTexts(expected, actual),
            TensorElementType.Float => Near<float>(expected.Values<float>(), actual.Values<float>()),
            TensorElementType.Double => Near<double>(expected.Values<double>(), actual.Values<double>()),
            TensorElementType.Float16 => Near<Half>(expected.Values<Half>(), actual.Values<Half>()),
            _ => expected.Raw.SequenceEqual(actual.Raw),
        };
    }

    private static bool SameTexts(TensorBuffer expected, TensorBuffer actual)
    {
        for (var i = 0; i < expected.Count; i++)
        {
            if (!expected.Text(i).SequenceEqual(actual.Text(i)))
                return false;
        }

        return true;
    }

    private static bool Near<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
        where T : unmanaged, IFloatingPoint<T>
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var (one, other) = (double.CreateChecked(expected[i]), double.CreateChecked(actual[i]));
            if (!one.Equals(other) && !(double.IsFinite(one) && Math.Abs(one - other) <= Absolute + Relative * Math.Abs(one)))
                return false;
        }

        return true;
    }
}

using System.Globalization;
using System.Numerics;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Contracts.Models;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

internal enum WatchedKind
{
    /// <summary>The value, the second of two columns, or the place of the largest of more.</summary>
    ByWidth,
    Column,
    Largest,

    /// <summary>The largest, where there are two columns at least: one value alone says nothing of how sure the model is.</summary>
    LargestOfSeveral,
}

/// <summary>One number a row: <c>probabilities</c>, <c>probabilities[1]</c> or <c>max(probabilities)</c>.</summary>
/// <param name="Column">For <see cref="WatchedKind.Column"/>, from 0.</param>
internal sealed record WatchedNumber(string Output, WatchedKind Kind, int Column)
{
    /// <returns>Null: no text, another form, or the model has no such output.</returns>
    public static WatchedNumber? Parse(string? text, TensorSpec[] outputs)
    {
        if (text is null)
            return null;
        if (Has(outputs, text))
            return new WatchedNumber(text, WatchedKind.ByWidth, 0);
        if (text.StartsWith("max(", StringComparison.Ordinal) && text.EndsWith(')'))
            return Has(outputs, text[4..^1]) ? new WatchedNumber(text[4..^1], WatchedKind.Largest, 0) : null;

        var bracket = text.LastIndexOf('[');
        return bracket > 0 && text.EndsWith(']') && Has(outputs, text[..bracket])
            && int.TryParse(text.AsSpan(bracket + 1, text.Length - bracket - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var column)
            ? new WatchedNumber(text[..bracket], WatchedKind.Column, column)
            : null;
    }

    /// <param name="into">One place a row.</param>
    /// <returns>False when the answer has another form than that many rows of numbers.</returns>
    public bool Read(TensorBuffer output, Span<double> into) => output.Type switch
    {
        TensorElementType.Float => Read(output.Values<float>(), into),
        TensorElementType.Double => Read(output.Values<double>(), into),
        TensorElementType.Int64 => Read(output.Values<long>(), into),
        TensorElementType.Int32 => Read(output.Values<int>(), into),
        _ => false,
    };

    private bool Read<T>(Span<T> values, Span<double> into)
        where T : unmanaged, INumber<T>
    {
        var columns = values.Length / into.Length;
        if (columns == 0 || values.Length % into.Length != 0 || Column >= columns)
            return false;
        for (var row = 0; row < into.Length; row++)
            into[row] = One<T>(values.Slice(row * columns, columns));
        return true;
    }

    private double One<T>(ReadOnlySpan<T> row)
        where T : unmanaged, INumber<T> => (Kind, row.Length) switch
    {
        (WatchedKind.Column, _) => double.CreateChecked(row[Column]),
        (WatchedKind.ByWidth, 1) => double.CreateChecked(row[0]),
        (WatchedKind.ByWidth, 2) => double.CreateChecked(row[1]),
        (WatchedKind.ByWidth, _) => IndexOfLargest(row),
        (WatchedKind.LargestOfSeveral, 1) => double.NaN,
        _ => double.CreateChecked(row[IndexOfLargest(row)]),
    };

    private static int IndexOfLargest<T>(ReadOnlySpan<T> row)
        where T : unmanaged, INumber<T>
    {
        var largest = 0;
        for (var i = 1; i < row.Length; i++)
        {
            if (row[i] > row[largest])
                largest = i;
        }

        return largest;
    }

    private static bool Has(TensorSpec[] outputs, string name) =>
        Array.Exists(outputs, output => string.Equals(output.Name, name, StringComparison.Ordinal));
}

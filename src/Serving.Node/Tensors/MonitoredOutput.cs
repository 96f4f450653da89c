using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Contracts.Models;

namespace Serving.Node.Tensors;

/// <summary>The one number of each row's answer that is watched for drift, when the endpoint names none itself.</summary>
/// <param name="Output">Index of the output; -1: nothing is watched.</param>
internal sealed record MonitoredOutput(int Output)
{
    private static readonly MonitoredOutput _none = new(-1);

    /// <summary>The only float output [N], [N,1], [N,2] or [N,k], or a ZipMap.</summary>
    public static MonitoredOutput Of(TensorSpec[] outputs)
    {
        var found = -1;
        for (var i = 0; i < outputs.Length; i++)
        {
            var isFloat = outputs[i].Type is "FP32" or "FP64" && outputs[i].Shape is { Count: 1 or 2 };
            if (!isFloat && !outputs[i].Type.StartsWith("seq(map(", StringComparison.Ordinal))
                continue;
            if (found >= 0)
                return _none;
            found = i;
        }

        return found < 0 ? _none : new MonitoredOutput(found);
    }

    /// <summary>The watched number of each row: the value, the second of two columns, or the index of the largest of many.</summary>
    /// <returns>Numbers written; 0 when the answer has another form than the file promised.</returns>
    public int Read(OrtValue value, Span<double> into)
    {
        if (!value.IsTensor)
        {
            var map = ZipMap.Read(value);
            return Columns(map.Values, map.Labels.Length, into);
        }

        var info = value.GetTensorTypeAndShape();
        var columns = info.Shape.Length == 2 ? (int)info.Shape[1] : 1;
        return info.ElementDataType == TensorElementType.Float ? Columns(value.GetTensorDataAsSpan<float>(), columns, into) : 0;
    }

    private static int Columns(ReadOnlySpan<float> values, int columns, Span<double> into)
    {
        if (columns == 0)
            return 0;

        var rows = Math.Min(values.Length / columns, into.Length);
        for (var row = 0; row < rows; row++)
        {
            var one = values.Slice(row * columns, columns);
            into[row] = columns switch
            {
                1 => one[0],
                2 => one[1],
                _ => IndexOfLargest(one),
            };
        }

        return rows;
    }

    private static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        var largest = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[largest])
                largest = i;
        }

        return largest;
    }
}

using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>The numbers of each row's answer that are watched for drift: the prediction, and how sure the model is.</summary>
/// <param name="Prediction">Null: nothing is watched.</param>
internal sealed record WatchedNumbers(WatchedNumber? Prediction, WatchedNumber? Confidence)
{
    private static readonly WatchedNumbers _none = new(null, null);

    /// <summary>
    /// What the endpoint names; else, of the model's only float output or map: the value of [N] and [N,1], the second column of [N,2],
    /// the place of the largest of [N,k] with the largest as confidence. A name the model does not have watches nothing.
    /// </summary>
    public static WatchedNumbers Of(MonitorState? monitor, TensorSpec[] outputs)
    {
        if (monitor?.Prediction is not null || monitor?.Confidence is not null)
            return new WatchedNumbers(WatchedNumber.Parse(monitor.Prediction, outputs), WatchedNumber.Parse(monitor.Confidence, outputs));

        var found = -1;
        for (var i = 0; i < outputs.Length; i++)
        {
            if (!IsScore(outputs[i]))
                continue;
            if (found >= 0)
                return _none;
            found = i;
        }

        return found < 0 ? _none : new WatchedNumbers(
            new WatchedNumber(outputs[found].Name, WatchedKind.ByWidth, 0), new WatchedNumber(outputs[found].Name, WatchedKind.LargestOfSeveral, 0));
    }

    /// <param name="prediction">One place a row; NaN where nothing is watched.</param>
    public void Read(TensorBuffer[] outputs, Span<double> prediction, Span<double> confidence)
    {
        ReadOne(Prediction, outputs, prediction);
        ReadOne(Confidence, outputs, confidence);
    }

    private static void ReadOne(WatchedNumber? number, TensorBuffer[] outputs, Span<double> into)
    {
        foreach (var output in outputs)
        {
            if (number is not null && string.Equals(output.Name, number.Output, StringComparison.Ordinal) && number.Read(output, into))
                return;
        }

        into.Fill(double.NaN);
    }

    private static bool IsScore(TensorSpec output) =>
        (output.Type is "FP32" or "FP64" && output.Shape is { Count: 1 or 2 }) || output.Type.StartsWith("seq(map(", StringComparison.Ordinal);
}

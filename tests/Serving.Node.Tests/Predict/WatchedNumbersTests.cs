using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Tests.Predict;

public sealed class WatchedNumbersTests
{
    private static readonly TensorSpec _label = new("label", "INT64", [-1]);
    private static readonly TensorSpec _scores = new("scores", "FP32", [-1, -1]);

    [Theory]
    [InlineData(new float[] { 3, 4 }, 1, 3, double.NaN)]
    [InlineData(new[] { 0.1f, 0.9f, 0.8f, 0.2f }, 2, 0.9f, 0.9f)]
    [InlineData(new[] { 0.1f, 0.2f, 0.7f, 1f, 0f, 0f }, 3, 2, 0.7f)]
    public void Watches_the_only_score_by_its_width(float[] values, int width, double prediction, double confidence)
    {
        var (first, sure) = FirstRow(null, [_label, _scores], [.. values], [2, width]);

        Assert.Equal((prediction, confidence), (first, sure));
    }

    [Theory]
    [InlineData("scores[0]", 0.1f)]
    [InlineData("max(scores)", 0.7f)]
    [InlineData("scores", 2)]
    [InlineData("scores[3]", double.NaN)]
    [InlineData("scores[-1]", double.NaN)]
    [InlineData("nothing", double.NaN)]
    public void Watches_what_the_endpoint_names(string text, double prediction)
    {
        var (first, _) = FirstRow(new MonitorState(text), [_label, _scores], [0.1f, 0.2f, 0.7f, 1f, 0f, 0f], [2, 3]);

        Assert.Equal(prediction, first);
    }

    [Fact]
    public void Watches_nothing_when_two_outputs_could_be_meant()
    {
        Assert.Null(WatchedNumbers.Of(null, [_scores, _scores with { Name = "other" }]).Prediction);
        Assert.Null(WatchedNumbers.Of(null, [_label]).Prediction);
    }

    private static (double Prediction, double Confidence) FirstRow(MonitorState? monitor, TensorSpec[] outputs, float[] values, long[] shape)
    {
        using var label = new TensorBuffer("label", TensorElementType.Int64);
        label.Reshape([2]);
        using var scores = new TensorBuffer("scores", TensorElementType.Float);
        scores.Reshape(shape);
        values.CopyTo(scores.Values<float>());
        var prediction = new double[2];
        var confidence = new double[2];
        WatchedNumbers.Of(monitor, outputs).Read([label, scores], prediction, confidence);
        return (prediction[0], confidence[0]);
    }
}

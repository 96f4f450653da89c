using ControlPlane.Demo.Transactions;
using Microsoft.ML.OnnxRuntime;

namespace ControlPlane.Demo.Tests;

/// <summary>The second implementation: ONNX Runtime on the exported file.</summary>
internal static class OnnxSession
{
    public static (long[] Labels, float[] Probabilities) Run(byte[] model, IReadOnlyList<float[]> rows)
    {
        using var session = new InferenceSession(model);
        var inputs = CardTransaction.FeatureNames.Select((_, column) => OrtValue.CreateTensorValueFromMemory(rows.Select(row => row[column]).ToArray(), [rows.Count, 1])).ToList();
        using var options = new RunOptions();
        using var outputs = session.Run(options, CardTransaction.FeatureNames, inputs, ["label", "probabilities"]);
        var answer = (outputs[0].GetTensorDataAsSpan<long>().ToArray(), outputs[1].GetTensorDataAsSpan<float>().ToArray());
        inputs.ForEach(input => input.Dispose());
        return answer;
    }
}

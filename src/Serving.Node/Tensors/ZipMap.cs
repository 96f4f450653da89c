using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>
/// Class probabilities as classifiers exported with ZipMap give them: one map (label → probability) a row, the same labels in every row.
/// </summary>
internal static class ZipMap
{
    /// <summary>Reads the maps into FP32 [rows, labels].</summary>
    /// <param name="known">Labels of an earlier answer of the same model: the runtime keeps the keys of a map in order, so they are read once.</param>
    /// <exception cref="NotSupportedException">The output is another kind of sequence or map.</exception>
    public static void Read(OrtValue sequence, TensorBuffer into, ClassLabels? known)
    {
        if (sequence.OnnxType != OnnxValueType.ONNX_TYPE_SEQUENCE)
            throw new NotSupportedException($"Outputs of type {sequence.OnnxType} have no JSON form.");

        var rows = sequence.GetValueCount();
        into.Labels = known ?? new ClassLabels([], false);
        into.Reshape(TensorElementType.Float, [rows, into.Labels.Names.Length]);
        for (var row = 0; row < rows; row++)
        {
            using var map = sequence.GetValue(row, OrtAllocator.DefaultInstance);
            if (map.OnnxType != OnnxValueType.ONNX_TYPE_MAP)
                throw new NotSupportedException($"Outputs of type sequence of {map.OnnxType} have no JSON form.");
            using var shares = map.GetValue(1, OrtAllocator.DefaultInstance);
            var values = shares.GetTensorDataAsSpan<float>();
            if (row == 0 && values.Length != into.Labels.Names.Length)
            {
                into.Labels = LabelsOf(map);
                into.Reshape(TensorElementType.Float, [rows, values.Length]);
            }

            values.CopyTo(into.Values<float>()[(row * values.Length)..]);
        }
    }

    private static ClassLabels LabelsOf(OrtValue map)
    {
        using var keys = map.GetValue(0, OrtAllocator.DefaultInstance);
        if (keys.GetTensorTypeAndShape().ElementDataType == TensorElementType.String)
            return new ClassLabels(keys.GetStringTensorAsArray(), AreText: true);

        var numbers = keys.GetTensorDataAsSpan<long>();
        var labels = new string[numbers.Length];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = numbers[i].ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new ClassLabels(labels, AreText: false);
    }
}

using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>
/// Class probabilities as classifiers exported with ZipMap give them: one map (label → probability) a row, the same labels in every row.
/// </summary>
internal sealed class ZipMap
{
    private ZipMap(string[] labels, bool labelsAreText, float[] values)
    {
        Labels = labels;
        LabelsAreText = labelsAreText;
        Values = values;
    }

    public string[] Labels { get; }

    public bool LabelsAreText { get; }

    /// <summary>Rows × labels, row by row.</summary>
    public float[] Values { get; }

    public int Rows => Labels.Length == 0 ? 0 : Values.Length / Labels.Length;

    /// <exception cref="NotSupportedException">The output is another kind of sequence or map.</exception>
    public static ZipMap Read(OrtValue sequence)
    {
        if (sequence.OnnxType != OnnxValueType.ONNX_TYPE_SEQUENCE)
            throw new NotSupportedException($"Outputs of type {sequence.OnnxType} have no JSON form.");

        var rows = sequence.GetValueCount();
        string[] labels = [];
        var areText = false;
        float[] values = [];
        for (var row = 0; row < rows; row++)
        {
            using var map = sequence.GetValue(row, OrtAllocator.DefaultInstance);
            if (map.OnnxType != OnnxValueType.ONNX_TYPE_MAP)
                throw new NotSupportedException($"Outputs of type sequence of {map.OnnxType} have no JSON form.");
            using var keys = map.GetValue(0, OrtAllocator.DefaultInstance);
            using var shares = map.GetValue(1, OrtAllocator.DefaultInstance);
            if (row == 0)
            {
                labels = LabelsOf(keys, out areText);
                values = new float[rows * labels.Length];
            }

            shares.GetTensorDataAsSpan<float>().CopyTo(values.AsSpan(row * labels.Length));
        }

        return new ZipMap(labels, areText, values);
    }

    private static string[] LabelsOf(OrtValue keys, out bool areText)
    {
        areText = keys.GetTensorTypeAndShape().ElementDataType == TensorElementType.String;
        if (areText)
            return keys.GetStringTensorAsArray();

        var numbers = keys.GetTensorDataAsSpan<long>();
        var labels = new string[numbers.Length];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = numbers[i].ToString(System.Globalization.CultureInfo.InvariantCulture);
        return labels;
    }
}

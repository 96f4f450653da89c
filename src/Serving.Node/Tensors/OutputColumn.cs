using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Serving.Node.Tensors;

/// <summary>One output of a run, to be written row by row.</summary>
internal readonly struct OutputColumn
{
    /// <summary>Elements of all rows; more than this are no answer that anyone can read.</summary>
    private const long MostElements = 16 << 20;

    private OutputColumn(string name, OrtValue value)
    {
        Name = name;
        if (!value.IsTensor)
        {
            Map = ZipMap.Read(value);
            return;
        }

        Tensor = TensorView.Of(value);
        if (Tensor.Elements > MostElements)
            throw new NotSupportedException($"Output {name} holds {Tensor.Elements} elements; {MostElements} can be answered.");
    }

    public string Name { get; }

    /// <summary>Null for a tensor.</summary>
    public ZipMap? Map { get; }

    /// <summary>Only where <see cref="Map"/> is null.</summary>
    public TensorView Tensor { get; }

    /// <exception cref="NotSupportedException">An output has no JSON form, or is too large for one.</exception>
    public static OutputColumn[] Of(IReadOnlyList<string> names, IReadOnlyCollection<OrtValue> values)
    {
        var columns = new OutputColumn[values.Count];
        var index = 0;
        foreach (var value in values)
        {
            columns[index] = new OutputColumn(names[index], value);
            index++;
        }

        return columns;
    }

    public void WriteRow(Utf8JsonWriter json, int row, int rows)
    {
        if (Map is not null)
            WriteMap(json, Map, row);
        else
            WriteTensorRow(json, Tensor, row, rows);
    }

    /// <summary>One row of a tensor; the whole tensor when its first dimension is not that of the batch.</summary>
    public static void WriteTensorRow(Utf8JsonWriter json, TensorView tensor, int row, int rows)
    {
        if (tensor.IsBatched(rows))
            OutputWriter.WriteRow(json, tensor.Value, tensor.Type, tensor.Shape, row);
        else
            OutputWriter.WriteRow(json, tensor.Value, tensor.Type, [1, .. tensor.Shape], 0);
    }

    private static void WriteMap(Utf8JsonWriter json, ZipMap map, int row)
    {
        json.WriteStartObject();
        for (var i = 0; i < map.Labels.Length; i++)
        {
            json.WritePropertyName(map.Labels[i]);
            var value = map.Values[row * map.Labels.Length + i];
            if (float.IsFinite(value))
                json.WriteNumberValue(value);
            else
                json.WriteNullValue();
        }

        json.WriteEndObject();
    }
}

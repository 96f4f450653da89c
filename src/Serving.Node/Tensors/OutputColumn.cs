using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Serving.Node.Tensors;

/// <summary>One output of a run, to be written row by row.</summary>
internal readonly struct OutputColumn
{
    private readonly OrtValue _value;
    private readonly ZipMap? _map;

    /// <summary>Elements of all rows; more than this are no answer that anyone can read.</summary>
    private const long MostElements = 16 << 20;

    private OutputColumn(string name, OrtValue value)
    {
        Name = name;
        _value = value;
        if (value.IsTensor && value.GetTensorTypeAndShape().ElementCount is > MostElements and var count)
            throw new NotSupportedException($"Output {name} holds {count} elements; {MostElements} can be answered.");
        _map = value.IsTensor ? null : ZipMap.Read(value);
    }

    public string Name { get; }

    /// <summary>The tensor itself; null for a map.</summary>
    public OrtValue? Tensor => _map is null ? _value : null;

    public ZipMap? Map => _map;

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
        if (_map is not null)
            WriteMap(json, _map, row);
        else
            WriteTensorRow(json, _value, row, rows);
    }

    /// <summary>One row of a tensor; the whole tensor when its first dimension is not that of the batch.</summary>
    public static void WriteTensorRow(Utf8JsonWriter json, OrtValue tensor, int row, int rows)
    {
        var info = tensor.GetTensorTypeAndShape();
        var shape = info.Shape;
        if (shape.Length > 0 && shape[0] == rows)
            OutputWriter.WriteRow(json, tensor, info.ElementDataType, shape, row);
        else
            OutputWriter.WriteRow(json, tensor, info.ElementDataType, [1, .. shape], 0);
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

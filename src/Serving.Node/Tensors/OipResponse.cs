using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Serving.Node.Tensors;

/// <summary>Writes the outputs of a run as the Open Inference Protocol wants them.</summary>
internal static class OipResponse
{
    /// <summary>The array <c>outputs</c>; a ZipMap output is a FP32 tensor [N, k] with its labels in <c>parameters.classes</c>.</summary>
    public static void WriteOutputs(Utf8JsonWriter json, IReadOnlyList<string> names, IReadOnlyCollection<OrtValue> values)
    {
        json.WriteStartArray("outputs"u8);
        var index = 0;
        foreach (var value in values)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, names[index++]);
            if (value.IsTensor)
                WriteTensor(json, value);
            else
                WriteZipMap(json, ZipMap.Read(value));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTensor(Utf8JsonWriter json, OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        json.WriteString("datatype"u8, Datatype.NameOf(info.ElementDataType));
        json.WriteStartArray("shape"u8);
        foreach (var size in info.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WritePropertyName("data"u8);
        OutputWriter.WriteFlat(json, value, info.ElementDataType);
    }

    private static void WriteZipMap(Utf8JsonWriter json, ZipMap map)
    {
        json.WriteString("datatype"u8, "FP32"u8);
        json.WriteStartArray("shape"u8);
        json.WriteNumberValue(map.Rows);
        json.WriteNumberValue(map.Labels.Length);
        json.WriteEndArray();
        json.WriteStartObject("parameters"u8);
        // Parameters are scalars in the protocol, so the list of labels travels as text.
        json.WriteString("classes"u8, ClassesOf(map));
        json.WriteEndObject();
        json.WriteStartArray("data"u8);
        foreach (var value in map.Values)
        {
            if (float.IsFinite(value))
                json.WriteNumberValue(value);
            else
                json.WriteNullValue();
        }

        json.WriteEndArray();
    }

    private static string ClassesOf(ZipMap map) => map.LabelsAreText
        ? JsonSerializer.Serialize(map.Labels, TensorsJson.Default.StringArray)
        : $"[{string.Join(',', map.Labels)}]";
}

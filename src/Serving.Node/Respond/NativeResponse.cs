using System.Text.Json;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Respond;

/// <summary>Writes the native answer: outputs by name, one object a row.</summary>
internal static class NativeResponse
{
    public static void Write(Utf8JsonWriter json, string requestId, ServedEndpoint endpoint, ServedArm arm, InputTensors inputs, OutputColumn[] outputs, bool explain)
    {
        json.WriteStartObject();
        json.WriteString("requestId"u8, requestId);
        json.WriteString("endpoint"u8, endpoint.Name);
        json.WriteString("model"u8, arm.Release.State.Model);
        json.WriteString("version"u8, arm.Release.State.Version);
        json.WriteString("release"u8, arm.Release.Id);
        json.WriteString("arm"u8, arm.Name);
        json.WriteString("servedFrom"u8, "model"u8);
        json.WriteStartArray("degraded"u8);
        json.WriteEndArray();
        WritePredictions(json, inputs.Rows, outputs);
        if (explain)
            WriteFeatures(json, inputs);
        json.WriteEndObject();
    }

    private static void WritePredictions(Utf8JsonWriter json, int rows, OutputColumn[] columns)
    {
        json.WriteStartArray("predictions"u8);
        for (var row = 0; row < rows; row++)
        {
            json.WriteStartObject();
            foreach (var column in columns)
            {
                json.WritePropertyName(column.Name);
                column.WriteRow(json, row, rows);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFeatures(Utf8JsonWriter json, InputTensors inputs)
    {
        json.WriteStartArray("features"u8);
        for (var row = 0; row < inputs.Rows; row++)
        {
            for (var i = 0; i < inputs.Inputs.Length; i++)
            {
                json.WriteStartObject();
                json.WriteNumber("row"u8, row);
                json.WriteString("name"u8, inputs.Inputs[i].Name);
                json.WriteString("source"u8, "input"u8);
                json.WritePropertyName("value"u8);
                OutputColumn.WriteTensorRow(json, inputs.View(i), row, inputs.Rows);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }
}

using System.Text.Json;
using Serving.Node.Predict;
using Serving.Node.Respond;

namespace Serving.Node.Protocols;

/// <summary>The outputs of a row as one object, each under its name.</summary>
internal static class OutputObject
{
    /// <summary>A list of all rows.</summary>
    public static void WriteAll(Utf8JsonWriter json, ModelCall call, int rows)
    {
        json.WriteStartArray();
        for (var row = 0; row < rows; row++)
            Write(json, call, row, rows);
        json.WriteEndArray();
    }

    public static void Write(Utf8JsonWriter json, ModelCall call, int row, int rows)
    {
        json.WriteStartObject();
        for (var i = 0; i < call.Outputs.Length; i++)
        {
            json.WritePropertyName(call.Model.JsonNames[i]);
            OutputWriter.WriteRow(json, call.Outputs[i], row, rows);
        }

        json.WriteEndObject();
    }
}

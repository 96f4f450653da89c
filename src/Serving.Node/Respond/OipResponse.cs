using System.Text.Json;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Respond;

/// <summary>Writes the outputs of a run as the Open Inference Protocol wants them.</summary>
internal static class OipResponse
{
    /// <summary>The list of outputs; a ZipMap output is a FP32 tensor [N, k] with its labels in <c>parameters.classes</c>.</summary>
    public static void WriteOutputs(Utf8JsonWriter json, ModelCall call, List<int>? wanted)
    {
        json.WriteStartArray();
        if (wanted is null)
        {
            for (var i = 0; i < call.Outputs.Length; i++)
                WriteOutput(json, call, i);
        }
        else
        {
            foreach (var index in wanted)
                WriteOutput(json, call, index);
        }

        json.WriteEndArray();
    }

    private static void WriteOutput(Utf8JsonWriter json, ModelCall call, int index)
    {
        var tensor = call.Outputs[index];
        json.WriteStartObject();
        json.WriteString("name"u8, call.Model.JsonNames[index]);
        json.WriteString("datatype"u8, Datatype.NameOf(tensor.Type));
        json.WriteStartArray("shape"u8);
        foreach (var size in tensor.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        if (tensor.Labels is { } labels)
        {
            json.WriteStartObject("parameters"u8);
            // Parameters are scalars in the protocol, so the list of labels travels as text.
            json.WriteString("classes"u8, labels.Json);
            json.WriteEndObject();
        }

        json.WritePropertyName("data"u8);
        OutputWriter.WriteFlat(json, tensor);
        json.WriteEndObject();
    }
}

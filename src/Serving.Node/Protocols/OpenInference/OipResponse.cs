using System.Text.Json;
using Serving.Node.Predict;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Writes the outputs of a run as the Open Inference Protocol wants them.</summary>
internal static class OipResponse
{
    /// <summary>All outputs as JSON.</summary>
    public static void WriteAll(Utf8JsonWriter json, ModelCall call)
    {
        json.WriteStartArray();
        for (var i = 0; i < call.Outputs.Length; i++)
            WriteOutput(json, call.Outputs[i], call.Model.JsonNames[i], isBinary: false);
        json.WriteEndArray();
    }

    /// <summary>One output; a ZipMap output is a FP32 tensor [N, k] with its labels in <c>parameters.classes</c>.</summary>
    /// <param name="isBinary">The elements follow the JSON.</param>
    public static void WriteOutput(Utf8JsonWriter json, TensorBuffer tensor, JsonEncodedText name, bool isBinary)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteString("datatype"u8, Datatype.NameOf(tensor.Type));
        json.WriteStartArray("shape"u8);
        foreach (var size in tensor.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        if (isBinary || tensor.Labels is not null)
            WriteParameters(json, tensor, isBinary);
        if (!isBinary)
        {
            json.WritePropertyName("data"u8);
            OutputWriter.WriteFlat(json, tensor);
        }

        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, TensorBuffer tensor, bool isBinary)
    {
        json.WriteStartObject("parameters"u8);
        // Parameters are scalars in the protocol, so the list of labels travels as text.
        if (tensor.Labels is { } labels)
            json.WriteString("classes"u8, labels.Json);
        if (isBinary)
            json.WriteNumber("binary_data_size"u8, BinaryTensor.SizeOf(tensor));
        json.WriteEndObject();
    }
}

using System.Text.Json;
using Serving.Contracts.Models;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>What TensorFlow Serving tells of a model beside its predictions, and how it says that there is none.</summary>
internal static class TensorFlowStatus
{
    public static Failure InItsWords(Failure failure, Exchange exchange) => failure.Code switch
    {
        "UnknownEndpoint" or "UnknownVersion" when exchange.Http is { } http => NotFound(failure, TensorFlowPaths.ModelOf(http.Request.Path.Value ?? ""), exchange.Version),
        _ => failure,
    };

    /// <summary>Clients look for these words.</summary>
    public static Failure NotFound(Failure failure, string model, string? version) => failure.Status != StatusCodes.Status404NotFound ? failure
        : failure with { Message = $"Servable not found for request: {(version is null ? $"Latest({model})" : $"Specific({model}, {version})")}" };

    /// <summary>Also the members of KServe v1, which asks on the same path.</summary>
    /// <param name="version">Null: all that are in memory.</param>
    public static void Write(Utf8JsonWriter json, ServedEndpoint endpoint, string? version)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, endpoint.Name);
        json.WriteBoolean("ready"u8, endpoint.Arms.Length > 0);
        json.WriteStartArray("model_version_status"u8);
        foreach (var known in endpoint.ByVersion.Keys.Where(known => version is null || known == version).OrderByDescending(known => known.Length).ThenByDescending(known => known, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("version"u8, known);
            json.WriteString("state"u8, "AVAILABLE"u8);
            json.WriteStartObject("status"u8);
            json.WriteString("error_code"u8, "OK"u8);
            json.WriteString("error_message"u8, ""u8);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteMetadata(Utf8JsonWriter json, ServedEndpoint endpoint, ServedArm arm)
    {
        json.WriteStartObject();
        json.WriteStartObject("model_spec"u8);
        json.WriteString("name"u8, endpoint.Name);
        json.WriteString("signature_name"u8, ""u8);
        json.WriteString("version"u8, arm.Release.State.Version);
        json.WriteEndObject();
        json.WriteStartObject("metadata"u8);
        json.WriteStartObject("signature_def"u8);
        json.WriteStartObject("signature_def"u8);
        json.WriteStartObject("serving_default"u8);
        WriteTensors(json, "inputs"u8, arm.Release.Model.Signature.Inputs);
        WriteTensors(json, "outputs"u8, arm.Release.Model.Signature.Outputs);
        json.WriteString("method_name"u8, "tensorflow/serving/predict"u8);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<TensorSpec> specs)
    {
        json.WriteStartObject(name);
        foreach (var spec in specs)
        {
            json.WriteStartObject(spec.Name);
            json.WriteString("dtype"u8, TensorFlowTypes.NameOf(spec));
            json.WriteStartObject("tensor_shape"u8);
            json.WriteStartArray("dim"u8);
            foreach (var size in spec.Shape ?? [-1, -1])
            {
                json.WriteStartObject();
                json.WriteString("size"u8, size.ToString(System.Globalization.CultureInfo.InvariantCulture));
                json.WriteString("name"u8, ""u8);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteBoolean("unknown_rank"u8, false);
            json.WriteEndObject();
            json.WriteString("name"u8, $"{spec.Name}:0");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

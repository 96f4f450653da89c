using System.Text.Json;
using Serving.Contracts.Models;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>The model configuration extension: how an endpoint is run, in the vocabulary that its clients know.</summary>
internal static class ModelConfig
{
    public static void WriteMembers(Utf8JsonWriter json, ServedEndpoint endpoint, ServedArm arm)
    {
        var release = arm.Release;
        var model = release.Model;
        json.WriteString("name"u8, endpoint.Name);
        json.WriteString("platform"u8, "onnxruntime_onnx"u8);
        json.WriteString("backend"u8, "onnxruntime"u8);
        json.WriteStartObject("version_policy"u8);
        json.WriteStartObject("specific"u8);
        json.WriteStartArray("versions"u8);
        foreach (var version in endpoint.ByVersion.Keys)
            json.WriteStringValue(version);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        // With batches, sizes are told without the batch.
        json.WriteNumber("max_batch_size"u8, model.TakesBatches ? endpoint.State.Limits.MaxRows : 0);
        WriteTensors(json, "input"u8, model.Signature.Inputs, model.TakesBatches);
        WriteTensors(json, "output"u8, model.Signature.Outputs, model.TakesBatches);
        json.WriteStartArray("instance_group"u8);
        json.WriteStartObject();
        json.WriteString("name"u8, endpoint.Name);
        json.WriteString("kind"u8, "KIND_CPU"u8);
        json.WriteNumber("count"u8, release.Runner.Counts.Count());
        json.WriteEndObject();
        json.WriteEndArray();
        if (!release.Runner.Plan.Batches)
            return;
        json.WriteStartObject("dynamic_batching"u8);
        json.WriteStartArray("preferred_batch_size"u8);
        json.WriteNumberValue(release.Runner.Plan.MostRows);
        json.WriteEndArray();
        json.WriteNumber("max_queue_delay_microseconds"u8, release.State.Runtime.Batching?.MaxDelayUs ?? 0);
        json.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<TensorSpec> specs, bool batches)
    {
        json.WriteStartArray(name);
        foreach (var spec in specs)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, spec.Name);
            json.WriteString("data_type"u8, NameOf(spec));
            json.WriteStartArray("dims"u8);
            foreach (var size in (spec.Shape ?? [-1, -1]).Skip(batches ? 1 : 0))
                json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string NameOf(TensorSpec spec) => !spec.IsTensor() ? "TYPE_FP32" : spec.Type == Tensors.Datatype.Bytes ? "TYPE_STRING" : $"TYPE_{spec.Type}";
}

using System.Text.Json;
using Serving.Contracts.Models;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Receive;

/// <summary>Open Inference Protocol v2 over REST, all but infer.</summary>
internal static class OpenInferenceEndpoints
{
    public static void MapOpenInference(this IEndpointRouteBuilder app)
    {
        var v2 = app.MapGroup("/v2");
        v2.MapGet("/", Server);
        v2.MapGet("/health/live", static http => Send(http, 200, json => json.WriteBoolean("live"u8, true)));
        v2.MapGet("/health/ready", static (HttpContext http, ServingTable table) =>
            Send(http, table.Current.Revision > 0 ? 200 : 503, json => json.WriteBoolean("ready"u8, table.Current.Revision > 0)));
        v2.MapGet("/models", Models);
        v2.MapGet("/models/{model}", static (HttpContext http, string model, ServingTable table) => Metadata(http, model, null, table));
        v2.MapGet("/models/{model}/versions/{version}", static (HttpContext http, string model, string version, ServingTable table) => Metadata(http, model, version, table));
        v2.MapGet("/models/{model}/ready", static (HttpContext http, string model, ServingTable table) => Ready(http, model, null, table));
        v2.MapGet("/models/{model}/versions/{version}/ready", static (HttpContext http, string model, string version, ServingTable table) => Ready(http, model, version, table));
    }

    private static Task Server(HttpContext http) => Send(http, 200, json =>
    {
        json.WriteString("name"u8, "serving-node"u8);
        json.WriteString("version"u8, typeof(OpenInferenceEndpoints).Assembly.GetName().Version!.ToString(3));
        json.WriteStartArray("extensions"u8);
        json.WriteEndArray();
    });

    private static Task Models(HttpContext http, ServingTable table) => Send(http, 200, json =>
    {
        json.WriteStartArray("models"u8);
        foreach (var endpoint in table.Current.Endpoints.Values)
            json.WriteStringValue(endpoint.Name);
        json.WriteEndArray();
    });

    private static Task Metadata(HttpContext http, string model, string? version, ServingTable table)
    {
        if (Find(model, version, table, out var failure) is not { } arm || !arm.Release.TryAcquire())
            return Fail(http, failure ?? Failure.NothingLoaded(model));

        try
        {
            var signature = arm.Release.Model.Signature;
            var versions = table.Current.Endpoints[model].ByVersion.Keys;
            return Send(http, 200, json =>
            {
                json.WriteString("name"u8, model);
                json.WriteStartArray("versions"u8);
                foreach (var known in versions)
                    json.WriteStringValue(known);
                json.WriteEndArray();
                json.WriteString("platform"u8, "onnx_onnxv1"u8);
                WriteSpecs(json, "inputs", signature.Inputs);
                WriteSpecs(json, "outputs", signature.Outputs);
            });
        }
        finally
        {
            arm.Release.Release();
        }
    }

    private static Task Ready(HttpContext http, string model, string? version, ServingTable table) =>
        Find(model, version, table, out var failure) is null
            ? Fail(http, failure!)
            : Send(http, 200, json =>
            {
                json.WriteString("name"u8, model);
                json.WriteBoolean("ready"u8, true);
            });

    private static ServedArm? Find(string model, string? version, ServingTable table, out Failure? failure)
    {
        failure = null;
        if (!table.Current.Endpoints.TryGetValue(model, out var endpoint))
        {
            failure = Failure.UnknownEndpoint(model);
            return null;
        }

        if (version is not null)
        {
            if (!endpoint.ByVersion.TryGetValue(version, out var direct))
                failure = Failure.UnknownVersion(model, version);
            return direct;
        }

        if (endpoint.Arms.Length > 0)
            return endpoint.Arms[^1];
        failure = Failure.NothingLoaded(model);
        return null;
    }

    private static void WriteSpecs(Utf8JsonWriter json, string name, IReadOnlyList<TensorSpec> specs)
    {
        json.WriteStartArray(name);
        foreach (var spec in specs)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, spec.Name);
            // Class probabilities as a map leave here as a tensor of rows × classes.
            json.WriteString("datatype"u8, spec.IsTensor() ? spec.Type : "FP32");
            json.WriteStartArray("shape"u8);
            foreach (var size in spec.Shape ?? [-1, -1])
                json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static async Task Fail(HttpContext http, Failure failure)
    {
        var buffer = ResponseBuffer.Rent();
        try
        {
            var contentType = FailureWriter.WriteError(buffer, failure);
            await buffer.SendAsync(http.Response, failure.Status, contentType);
        }
        finally
        {
            buffer.Return();
        }
    }

    private static async Task Send(HttpContext http, int status, Action<Utf8JsonWriter> members)
    {
        var buffer = ResponseBuffer.Rent();
        try
        {
            buffer.Json.WriteStartObject();
            members(buffer.Json);
            buffer.Json.WriteEndObject();
            await buffer.SendAsync(http.Response, status, "application/json");
        }
        finally
        {
            buffer.Return();
        }
    }
}

using System.Text.Json;
using Serving.Contracts.Models;
using Serving.Node.Metrics;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Open Inference Protocol v2 over REST, all but infer.</summary>
internal static class OpenInferenceEndpoints
{
    /// <summary>What of the protocol's extensions this server speaks, by their names in the protocol.</summary>
    public static readonly string[] Extensions =
        ["binary_tensor_data", "classification", "model_configuration", "model_repository", "parameters", "schedule_policy", "statistics"];

    public static string ServerVersion { get; } = typeof(OpenInferenceEndpoints).Assembly.GetName().Version!.ToString(3);

    public static void MapOpenInference(this IEndpointRouteBuilder app)
    {
        var v2 = app.MapGroup("/v2");
        v2.MapGet("/", Server);
        v2.MapGet("/health/live", static http => Send(http, 200, json => json.WriteBoolean("live"u8, true)));
        v2.MapGet("/health/ready", static (HttpContext http, NodeStatus status) =>
            Send(http, status.NotReadyReason is null ? 200 : 503, json => json.WriteBoolean("ready"u8, status.NotReadyReason is null)));
        v2.MapGet("/models", Models);
        foreach (var model in (string[])["/models/{model}", "/models/{model}/versions/{version}"])
        {
            v2.MapGet(model, static (HttpContext http, string model, string? version, ServingTable table) => Ask(http, model, version, table, WriteMetadata));
            v2.MapGet(model + "/ready", static (HttpContext http, string model, string? version, ServingTable table) => Ask(http, model, version, table, WriteReady));
            v2.MapGet(model + "/config", static (HttpContext http, string model, string? version, ServingTable table) =>
                Ask(http, model, version, table, static (json, endpoint, arm) => ModelConfig.WriteMembers(json, endpoint, arm)));
            v2.MapGet(model + "/stats", static (HttpContext http, string model, string? version, ServingTable table, SeriesRegistry registry, TimeProvider time) =>
                ServedArms.Find(table.Current, model, version, out var failure) is null ? Fail(http, failure!) : Statistics(http, model, version, table, registry, time));
        }

        v2.MapGet("/models/stats", static (HttpContext http, ServingTable table, SeriesRegistry registry, TimeProvider time) => Statistics(http, null, null, table, registry, time));
        MapRepository(v2);
    }

    private static void MapRepository(RouteGroupBuilder v2)
    {
        foreach (var repository in (string[])["/repository", "/repository/{repository}"])
        {
            v2.MapPost(repository + "/index", Index);
            v2.MapPost(repository + "/models/{model}/load", Refuse);
            v2.MapPost(repository + "/models/{model}/unload", Refuse);
        }
    }

    private static Task Server(HttpContext http) => Send(http, 200, json =>
    {
        json.WriteString("name"u8, "serving-node"u8);
        json.WriteString("version"u8, ServerVersion);
        json.WriteStartArray("extensions"u8);
        foreach (var extension in Extensions)
            json.WriteStringValue(extension);
        json.WriteEndArray();
    });

    private static Task Models(HttpContext http, ServingTable table) => Send(http, 200, json =>
    {
        json.WriteStartArray("models"u8);
        foreach (var endpoint in table.Current.Endpoints.Values)
            json.WriteStringValue(endpoint.Name);
        json.WriteEndArray();
    });

    /// <summary>Answers from one arm, which is held meanwhile.</summary>
    private static Task Ask(HttpContext http, string model, string? version, ServingTable table, Action<Utf8JsonWriter, ServedEndpoint, ServedArm> write)
    {
        var snapshot = table.Current;
        if (ServedArms.Find(snapshot, model, version, out var failure) is not { } arm || !arm.Release.TryAcquire())
            return Fail(http, failure ?? Failure.NothingLoaded(model));

        try
        {
            return Send(http, 200, json => write(json, snapshot.Endpoints[model], arm));
        }
        finally
        {
            arm.Release.Release();
        }
    }

    private static void WriteReady(Utf8JsonWriter json, ServedEndpoint endpoint, ServedArm arm)
    {
        json.WriteString("name"u8, endpoint.Name);
        json.WriteBoolean("ready"u8, true);
    }

    private static void WriteMetadata(Utf8JsonWriter json, ServedEndpoint endpoint, ServedArm arm)
    {
        json.WriteString("name"u8, endpoint.Name);
        json.WriteStartArray("versions"u8);
        foreach (var known in endpoint.ByVersion.Keys)
            json.WriteStringValue(known);
        json.WriteEndArray();
        json.WriteString("platform"u8, "onnx_onnxv1"u8);
        WriteSpecs(json, "inputs", arm.Release.Model.Signature.Inputs);
        WriteSpecs(json, "outputs", arm.Release.Model.Signature.Outputs);
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

    private static Task Statistics(HttpContext http, string? model, string? version, ServingTable table, SeriesRegistry registry, TimeProvider time) =>
        Send(http, 200, json => ModelStatistics.WriteMembers(json, ModelStatistics.Of(table.Current, registry, model, version), time));

    private static async Task Index(HttpContext http, ServingTable table)
    {
        // Everything listed is ready, so the wish for ready ones only changes nothing; the body is read to its end and bounded by the server.
        await http.Request.BodyReader.CopyToAsync(Stream.Null, http.RequestAborted);
        await JsonAnswers.SendAsync(http, 200, json =>
        {
            json.WriteStartArray();
            foreach (var endpoint in table.Current.Endpoints.Values)
            {
                foreach (var known in endpoint.ByVersion.Keys)
                {
                    json.WriteStartObject();
                    json.WriteString("name"u8, endpoint.Name);
                    json.WriteString("version"u8, known);
                    json.WriteString("state"u8, "READY"u8);
                    json.WriteString("reason"u8, ""u8);
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
        });
    }

    private static Task Refuse(HttpContext http)
    {
        http.Response.Headers.Allow = "";
        return Fail(http, Failure.ManagedElsewhere());
    }

    private static Task Fail(HttpContext http, Failure failure) => JsonAnswers.SendAsync(http, failure.Status, into => FailureWriter.WriteError(into, failure));

    private static Task Send(HttpContext http, int status, Action<Utf8JsonWriter> members) => JsonAnswers.SendAsync(http, status, json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });
}

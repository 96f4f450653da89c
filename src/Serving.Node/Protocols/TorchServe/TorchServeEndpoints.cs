using System.Globalization;
using System.Text.Json;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.TorchServe;

/// <summary>What TorchServe tells of its models; what would change them is the control plane's.</summary>
internal static class TorchServeEndpoints
{
    private const int MostListed = 100;

    public static void MapTorchServe(this IEndpointRouteBuilder app)
    {
        app.MapGet("/ping", static (HttpContext http, NodeStatus status) => Send(http, status.NotReadyReason is null ? 200 : 500, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, status.NotReadyReason is null ? "Healthy"u8 : "Unhealthy"u8);
            json.WriteEndObject();
        }));
        app.MapGet("/models", List);
        app.MapGet("/models/{model}", static (HttpContext http, string model, ServingTable table) => Describe(http, model, null, all: false, table));
        app.MapGet("/models/{model}/{version}", static (HttpContext http, string model, string version, ServingTable table) =>
            Describe(http, model, version == "all" ? null : version, all: version == "all", table));
        foreach (var path in (string[])["/models", "/models/{model}", "/models/{model}/{version}", "/models/{model}/{version}/set-default"])
            app.MapMethods(path, ["POST", "PUT", "DELETE"], static http => Fail(http, Failure.ManagedElsewhere()));
        app.MapPost("/explanations/{model}", static http => Fail(http, new Failure(StatusCodes.Status501NotImplemented, "NotImplemented", "Explanations are not served here; predictions are, at /predictions/{model}.")));
    }

    private static Task List(HttpContext http, ServingTable table)
    {
        if (!TryNumber(http, "limit", MostListed, 1, out var limit) || !TryNumber(http, "next_page_token", 0, 0, out var from))
            return Fail(http, new Failure(StatusCodes.Status400BadRequest, "InvalidInput", "limit must be 1 or more, next_page_token what the page before gave."));
        string[] names = [.. table.Current.Endpoints.Keys.Order(StringComparer.Ordinal)];
        limit = Math.Min(limit, MostListed);
        return Send(http, 200, json =>
        {
            json.WriteStartObject();
            if (from + (long)limit < names.Length)
                json.WriteString("nextPageToken"u8, (from + limit).ToString(CultureInfo.InvariantCulture));
            json.WriteStartArray("models"u8);
            foreach (var name in names.Skip(from).Take(limit))
            {
                json.WriteStartObject();
                json.WriteString("modelName"u8, name);
                json.WriteString("modelUrl"u8, table.Current.Endpoints.TryGetValue(name, out var endpoint) && endpoint.Arms is [.., var arm] ? arm.Release.State.Artifact : "");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task Describe(HttpContext http, string model, string? version, bool all, ServingTable table)
    {
        var snapshot = table.Current;
        if (ServedArms.Find(snapshot, model, version, out var failure) is not { } arm)
            return Fail(http, failure!);
        var arms = all ? snapshot.Endpoints[model].ByVersion.Values.ToArray() : [arm];
        return Send(http, 200, json =>
        {
            json.WriteStartArray();
            foreach (var one in arms)
                WriteModel(json, snapshot.Endpoints[model], one);
            json.WriteEndArray();
        });
    }

    /// <summary>A worker is here what may run at the same time.</summary>
    private static void WriteModel(Utf8JsonWriter json, ServedEndpoint endpoint, ServedArm arm)
    {
        var release = arm.Release;
        var workers = release.Runner.Counts.Count();
        json.WriteStartObject();
        json.WriteString("modelName"u8, endpoint.Name);
        json.WriteString("modelVersion"u8, release.State.Version);
        json.WriteString("modelUrl"u8, release.State.Artifact);
        json.WriteString("engine"u8, "ONNX Runtime"u8);
        json.WriteString("runtime"u8, release.State.Runtime.Isolation);
        json.WriteNumber("minWorkers"u8, workers);
        json.WriteNumber("maxWorkers"u8, workers);
        json.WriteNumber("batchSize"u8, release.Runner.Plan.MostRows);
        json.WriteNumber("maxBatchDelay"u8, (release.State.Runtime.Batching?.MaxDelayUs ?? 0) / 1000);
        json.WriteBoolean("loadedAtStartup"u8, false);
        json.WriteStartArray("workers"u8);
        for (var i = 0; i < workers; i++)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, i.ToString(CultureInfo.InvariantCulture));
            json.WriteString("startTime"u8, release.Since);
            json.WriteString("status"u8, "READY"u8);
            json.WriteBoolean("gpu"u8, false);
            json.WriteNumber("memoryUsage"u8, 0);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("jobQueueStatus"u8);
        json.WriteNumber("remainingCapacity"u8, Math.Max(0, endpoint.State.Limits.MaxConcurrency - endpoint.Admission.Inside));
        json.WriteNumber("pendingRequests"u8, endpoint.Admission.Inside);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static bool TryNumber(HttpContext http, string name, int absent, int least, out int number)
    {
        number = absent;
        var given = http.Request.Query[name].ToString();
        return given.Length == 0 || (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least);
    }

    private static Task Fail(HttpContext http, Failure failure) => JsonAnswers.SendAsync(http, failure.Status, into => TorchServeFailure.Write(into, failure));

    private static Task Send(HttpContext http, int status, Action<Utf8JsonWriter> write) => JsonAnswers.SendAsync(http, status, write);
}

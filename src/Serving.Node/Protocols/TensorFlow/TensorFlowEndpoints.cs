using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>TensorFlow Serving over REST and KServe v1, all but predict.</summary>
internal static class TensorFlowEndpoints
{
    public static void MapTensorFlow(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/v1/models");
        models.MapGet("/", static (HttpContext http, ServingTable table) => JsonAnswers.SendAsync(http, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models"u8);
            foreach (var endpoint in table.Current.Endpoints.Values)
                json.WriteStringValue(endpoint.Name);
            json.WriteEndArray();
            json.WriteEndObject();
        }));
        models.MapGet("/{model}", static (HttpContext http, string model, ServingTable table) => Status(http, model, null, table));
        models.MapGet("/{model}/versions/{version}", static (HttpContext http, string model, string version, ServingTable table) => Status(http, model, version, table));
        models.MapGet("/{model}/labels/{label}", static (HttpContext http, string model, string label, ServingTable table) =>
            Status(http, model, ServedArms.VersionOf(table.Current, model, label), table));
        models.MapGet("/{model}/labels/{label}/metadata", static (HttpContext http, string model, string label, ServingTable table) =>
            Metadata(http, model, ServedArms.VersionOf(table.Current, model, label), table));
        models.MapGet("/{model}/metadata", static (HttpContext http, string model, ServingTable table) => Metadata(http, model, null, table));
        models.MapGet("/{model}/versions/{version}/metadata", static (HttpContext http, string model, string version, ServingTable table) => Metadata(http, model, version, table));
    }

    /// <summary>classify and regress need a signature that ONNX models do not have; explain needs an explainer.</summary>
    public static Task RefuseAsync(HttpContext http, string verb) => Fail(http, new Failure(StatusCodes.Status501NotImplemented, "NotImplemented",
        $"The verb {verb} is not served here; predict is, at the same path with :predict. Nothing else is affected."));

    private static Task Status(HttpContext http, string model, string? version, ServingTable table)
    {
        var snapshot = table.Current;
        return ServedArms.Find(snapshot, model, version, out var failure) is null
            ? Fail(http, TensorFlowStatus.NotFound(failure!, model, version))
            : JsonAnswers.SendAsync(http, 200, json => TensorFlowStatus.Write(json, snapshot.Endpoints[model], version));
    }

    private static Task Metadata(HttpContext http, string model, string? version, ServingTable table)
    {
        var snapshot = table.Current;
        if (ServedArms.Find(snapshot, model, version, out var failure) is not { } arm || !arm.Release.TryAcquire())
            return Fail(http, TensorFlowStatus.NotFound(failure ?? Failure.NothingLoaded(model), model, version));
        try
        {
            return JsonAnswers.SendAsync(http, 200, json => TensorFlowStatus.WriteMetadata(json, snapshot.Endpoints[model], arm));
        }
        finally
        {
            arm.Release.Release();
        }
    }

    private static Task Fail(HttpContext http, Failure failure) => JsonAnswers.SendAsync(http, failure.Status, into => FailureWriter.WriteError(into, failure));
}

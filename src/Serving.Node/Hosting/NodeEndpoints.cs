using System.Text.Json.Serialization;
using Serving.Contracts.Reports;
using Serving.Node.Log;
using Serving.Node.Metrics;
using Serving.Node.Versions;

namespace Serving.Node.Hosting;

/// <summary>Health for balancers and supervisors; status and metrics for operators, on a loopback address only.</summary>
internal static class NodeEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // The names of BentoML: no body, the status says it.
        app.MapGet("/livez", () => Results.Ok());
        app.MapGet("/healthz", () => Results.Ok());
        app.MapGet("/readyz", (NodeStatus status) => Results.StatusCode(status.NotReadyReason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
        app.MapGet("/healthz/live", () => Results.Json(new Health("live", null), HealthJson.Default.Health));
        app.MapGet("/healthz/ready", (NodeStatus status) => status.NotReadyReason is { } reason
            ? Results.Json(new Health("not ready", reason), HealthJson.Default.Health, statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Json(new Health("ready", null), HealthJson.Default.Health));
    }

    public static void MapManagement(this IEndpointRouteBuilder app, NodeOptions options)
    {
        var here = app.MapGroup("").RequireHost($"*:{new Uri(ManagementOf(options)).Port}");
        // The second path is where TensorFlow Serving has them.
        foreach (var path in (string[])["/metrics", "/monitoring/prometheus/metrics"])
            here.MapGet(path, (SeriesRegistry registry, PredictionLog log, ServingTable table, TimeProvider time) =>
                Results.Text(PrometheusText.Write(registry, log, table.Current, time), PrometheusText.ContentType));
        here.MapGet("/status", (NodeStatus status, ControlPlaneClient controlPlane, NodeOptions node) =>
            Results.Json(StatusOf(status, controlPlane, node), HealthJson.Default.StatusPage));
    }

    /// <summary>Where status and metrics are: beside the predictions while those are on loopback.</summary>
    public static string ManagementOf(NodeOptions options) => NodeAddress.IsLoopback(options.Url) ? options.Url : options.ManagementUrl;

    private static StatusPage StatusOf(NodeStatus status, ControlPlaneClient controlPlane, NodeOptions options)
    {
        var report = status.Report();
        return new StatusPage(
            options.Name, controlPlane.Environment, controlPlane.Pool, report.AppliedRevision, report.TimelineId, report.ContentHash,
            status.ConfigurationAge?.TotalSeconds, status.Source, status.NotReadyReason, report.Serving, report.Rejected, report.Quarantined, report.LogDropped, report.StartedAt, status.ControlPlaneError);
    }
}

internal sealed record Health(string Status, string? Reason);

/// <param name="ConfigAge">Seconds since the served state was applied.</param>
/// <param name="Source"><c>push</c>, <c>poll</c>, <c>cache</c> or <c>file</c>.</param>
/// <param name="ControlPlaneError">Why the control plane could not be asked the last time.</param>
internal sealed record StatusPage(
    string Name, string Environment, string Pool, long AppliedRevision, string? TimelineId, string? ContentHash, double? ConfigAge, string? Source,
    string? NotReady, IReadOnlyList<ServedRelease> Releases, Rejection? Rejected, IReadOnlyList<Quarantine> Quarantined, long LogDropped, DateTimeOffset StartedAt, string? ControlPlaneError);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(StatusPage))]
internal sealed partial class HealthJson : JsonSerializerContext;

using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Serving.Node.Receive;

namespace Serving.Node.Hosting;

/// <summary>Spans go to where the usual environment variables say; without an address there is no exporter at all.</summary>
internal static class Tracing
{
    private const string Address = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ServiceName = "OTEL_SERVICE_NAME";

    public static void AddTracing(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration[Address] is not { Length: > 0 })
            return;
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(configuration[ServiceName] ?? "serving-node", serviceInstanceId: configuration[$"{NodeOptions.Section}:{nameof(NodeOptions.Name)}"]))
            .WithTracing(tracing => tracing.AddSource(RequestSpans.SourceName).AddOtlpExporter());
    }
}

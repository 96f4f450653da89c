namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What is served where, and how that is changed.</summary>
internal static class EndpointsFeature
{
    public static IServiceCollection AddEndpoints(this IServiceCollection services) =>
        services.AddSingleton<EndpointCommands>().AddSingleton<EnvironmentCommands>().AddSingleton<EndpointReader>().AddSingleton<Acknowledgement>().AddSingleton<MetricsReader>();

    public static void MapEndpoints(this IEndpointRouteBuilder app)
    {
        app.MapEnvironmentEndpoints();
        app.MapEndpointEndpoints();
        app.MapMetricEndpoints();
    }
}

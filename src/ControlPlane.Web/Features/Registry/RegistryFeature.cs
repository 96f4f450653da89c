namespace ControlPlane.Web.Features.Registry;

/// <summary>Models, their versions, and how these come in.</summary>
internal static class RegistryFeature
{
    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        return services;
    }

    public static void MapRegistry(this IEndpointRouteBuilder app)
    {
    }
}

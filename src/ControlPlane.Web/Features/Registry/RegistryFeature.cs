using ControlPlane.Web.Effects;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Models, their versions, and how these come in.</summary>
internal static class RegistryFeature
{
    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        services.AddChecked<InspectOptions, InspectOptionsValidator>(InspectOptions.Section);
        services.AddSingleton<PartWriter>();
        services.AddSingleton<UploadIntake>();
        services.AddSingleton<UploadSlots>();
        services.AddSingleton<MultipartIntake>();
        services.AddSingleton<ModelCommands>();
        services.AddSingleton<VersionCommands>();
        services.AddSingleton<UploadCommands>();
        services.AddSingleton<RegistryQueries>();
        services.AddSingleton<VersionInspector>();
        services.AddSingleton<IEffectHandler, InspectVersion>();
        services.AddSingleton<ArtifactSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<ArtifactSweep>());
        return services;
    }

    public static void MapRegistry(this IEndpointRouteBuilder app)
    {
        app.MapModels();
        app.MapVersions();
        app.MapUploads();
    }
}

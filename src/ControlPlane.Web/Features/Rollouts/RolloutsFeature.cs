namespace ControlPlane.Web.Features.Rollouts;

internal static class RolloutsFeature
{
    public static IServiceCollection AddRollouts(this IServiceCollection services) =>
        services.AddSingleton<RolloutCommands>().AddSingleton<PlanCommands>().AddSingleton<RolloutReader>().AddSingleton<GateLooks>().AddHostedService<RolloutLoop>();

    public static void MapRollouts(this IEndpointRouteBuilder app) => app.MapRolloutEndpoints();
}

using ControlPlane.Data.Lake;
using ControlPlane.Web.Hosting;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Requests;

internal static class RequestsFeature
{
    public static IServiceCollection AddRequests(this IServiceCollection services)
    {
        services.AddSingleton(new LakeLimits());
        services.AddSingleton(provider => new LakeStore(Root(provider), provider.GetRequiredService<LakeLimits>()));
        services.AddSingleton(provider => new Lake(Root(provider), provider.GetRequiredService<LakeLimits>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Lake>>()));
        services.AddChecked<LakeOptions, LakeOptionsValidator>(LakeOptions.Section);
        services.AddSingleton(provider => new LakeUpkeep(Root(provider), provider.GetRequiredService<Lake>())).AddSingleton<RequestCommands>().AddHostedService<LakeSweep>();
        return services;
    }

    public static void MapRequests(this IEndpointRouteBuilder app) => app.MapRequestEndpoints();

    private static string Root(IServiceProvider provider) => provider.GetRequiredService<IOptions<DataOptions>>().Value.Path("lake");
}

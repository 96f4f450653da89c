using ControlPlane.Web.Effects;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Live;

internal static class LiveFeature
{
    public static IServiceCollection AddLive(this IServiceCollection services)
    {
        services.AddChecked<GatesOptions, GatesOptionsValidator>(GatesOptions.Section);
        services.AddSingleton<Wakes>().AddSingleton<NodeReports>().AddSingleton<Frames>().AddSingleton<Fleet>();
        services.AddHostedService<WindowWriter>();
        services.AddHostedService<EffectRunner>();
        return services;
    }
}

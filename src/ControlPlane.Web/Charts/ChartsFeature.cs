namespace ControlPlane.Web.Charts;

internal static class ChartsFeature
{
    public static IServiceCollection AddCharts(this IServiceCollection services)
    {
        services.AddMemoryCache();
        services.AddSingleton<ChartReader>();
        services.AddSingleton<ChartPictures>();
        services.AddHostedService<ChartSelfTest>();
        return services;
    }
}

using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Live;

internal static class LiveFeature
{
    public static IServiceCollection AddLive(this IServiceCollection services)
    {
        services.AddChecked<GatesOptions, GatesOptionsValidator>(GatesOptions.Section);
        services.AddSingleton<Wakes>().AddSingleton<NodeReports>().AddSingleton<Frames>().AddSingleton<Fleet>().AddSingleton<MetricsText>();
        services.AddHostedService<WindowWriter>();
        services.AddSingleton<EffectRunner>().AddHostedService(provider => provider.GetRequiredService<EffectRunner>());
        return services;
    }

    public static void MapLive(this IEndpointRouteBuilder app) =>
        app.MapGet("/metrics", MetricsAsync).AllowAnonymous().ExcludeFromDescription();

    /// <remarks>Scrapers on this machine need no token; what came from elsewhere, also through a proxy, does.</remarks>
    private static async Task<IResult> MetricsAsync(HttpContext http, MetricsText metrics, CancellationToken cancel)
    {
        if (!Hosting.Requests.IsFromHere(http) && http.User.Identity is not { IsAuthenticated: true })
            return Problems.From(new Refusal("Unauthenticated", "Metrics are given to this machine, or with a token.", RefusalKind.Unauthenticated));
        return Results.Text(await metrics.WriteAsync(cancel), MetricsText.ContentType);
    }
}

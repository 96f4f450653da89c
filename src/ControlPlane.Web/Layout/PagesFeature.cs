using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Web.Charts;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Features.Overview;
using ControlPlane.Web.Features.Requests;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Features.Rollouts.Planning;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using MudBlazor;
using MudBlazor.Services;

namespace ControlPlane.Web.Layout;

/// <summary>The shell of the pages and what all of them share.</summary>
internal static class PagesFeature
{
    /// <summary>Bytes of what a browser says at once. What a page read goes along with it, as far as there is room (<see cref="Reads"/>).</summary>
    private const int LongestMessage = 32 * 1024;

    /// <summary>Pages whose connection was lost and that can still be come back to, of everybody together.</summary>
    private const int MostRetained = 100;

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents()
            .AddInteractiveServerComponents(circuits =>
            {
                circuits.DisconnectedCircuitMaxRetained = MostRetained;
                circuits.PersistedCircuitInMemoryMaxRetained = MostRetained;
            })
            .AddHubOptions(hub =>
            {
                hub.MaximumReceiveMessageSize = LongestMessage;
                hub.AddFilter<CallRate>();
            });
        services.AddSingleton<OpenCircuits>().AddScoped<CircuitHandler, CircuitLimit>();
        services.AddCascadingAuthenticationState();
        services.AddHttpContextAccessor();
        services.AddMudServices(library =>
        {
            library.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
            library.SnackbarConfiguration.ShowTransitionDuration = 0;
            library.SnackbarConfiguration.HideTransitionDuration = 0;
            library.SnackbarConfiguration.PreventDuplicates = false;
        });
        return services.AddPageParts();
    }

    /// <summary>What pages ask and share, without the framework they are drawn by.</summary>
    public static IServiceCollection AddPageParts(this IServiceCollection services)
    {
        services.AddCharts();
        services.AddSingleton<LiveFeed>();
        services.AddScoped<LiveSwitch>();
        services.AddScoped<Reads>();
        services.AddScoped<Toasts>();
        services.AddScoped<EnvironmentNames>();
        services.AddSingleton<SearchQueries>();
        services.AddSingleton(ServingNowOf).AddSingleton(MeasurementsOf);
        services.AddScoped<Act>();
        services.AddScoped<Standing>();
        services.AddScoped<Decisions>();
        services.AddScoped<ApprovalsPageQueries>();
        services.AddSingleton<EndpointsNow>();
        services.AddSingleton<SafeMarkdown>();
        services.AddSingleton<ModelsPageQueries>();
        services.AddSingleton<VersionPageQueries>();
        services.AddSingleton<EndpointPageQueries>();
        services.AddSingleton<EndpointHistoryQueries>();
        services.AddSingleton<IChartSource, EndpointCharts>();
        services.AddSingleton<RolloutPageQueries>().AddSingleton<RolloutsPageQueries>().AddSingleton<PlanningQueries>();
        services.AddSingleton<NodesPageQueries>();
        services.AddScoped<OverviewPageQueries>();
        services.AddSingleton<RequestRows>();
        services.AddSingleton<RequestPageQueries>();
        services.AddScoped<EndpointActions>();
        services.AddScoped<RolloutActions>();
        services.AddScoped<NodeActions>();
        services.AddScoped<RegistryActions>();
        return services;
    }

    private static ServingNow ServingNowOf(IServiceProvider provider)
    {
        var reports = provider.GetRequiredService<NodeReports>();
        return new(
            provider.GetRequiredService<IDbContextFactory<ControlPlaneDb>>(),
            provider.GetRequiredService<IMemoryCache>(),
            id => reports.Of(id) is { } seen ? new NodeStatus { NodeId = id, Report = seen.Report, LastSeen = seen.At, ClockOffset = seen.ClockOffset } : null,
            provider.GetRequiredService<TimeProvider>());
    }

    private static Measurements MeasurementsOf(IServiceProvider provider)
    {
        var frames = provider.GetRequiredService<Frames>();
        return new(
            provider.GetRequiredService<IDbContextFactory<ControlPlaneDb>>(),
            provider.GetRequiredService<IMemoryCache>(),
            (environment, endpoint, from, to) => [.. frames.Read(environment, endpoint, from, to).Select(pair => Measured.Of(pair.Key.Release, pair.Key.Arm, pair.Second))],
            provider.GetRequiredService<TimeProvider>());
    }

    /// <summary>Pages are for people who are signed in, unless a page says otherwise.</summary>
    public static void MapPages(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapCharts();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(live => live.ContentSecurityFrameAncestorsPolicy = "'none'").RequireAuthorization();
    }
}

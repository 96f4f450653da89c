using ControlPlane.Web.Effects;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Serving nodes and gateways: how they join, what they are told, what they say, and those this machine runs itself.</summary>
internal static class NodesFeature
{
    private const long LongestMessage = 4 << 20;

    public static IServiceCollection AddNodes(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, NodeScheme>(NodeScheme.Name, null);
        services.AddSignalR()
            .AddHubOptions<NodeHub>(hub => hub.MaximumReceiveMessageSize = LongestMessage)
            .AddMessagePackProtocol();
        services.AddSingleton<PeerLists>().AddSingleton<NodeConnections>().AddSingleton<NodeCommands>().AddSingleton<IEffectHandler, StatePush>();
        services.AddHostedService<NodeUpkeep>();
        services.AddChecked<LocalOptions, LocalOptionsValidator>(LocalOptions.Section);
        services.AddSingleton<LocalProcesses>().AddHostedService(provider => provider.GetRequiredService<LocalProcesses>());
        services.AddSingleton<IReadinessCheck, LocalReadiness>();
        return services;
    }

    public static void MapNodes(this IEndpointRouteBuilder app)
    {
        app.MapNodeApi();
        app.MapNodeEndpoints();
    }
}

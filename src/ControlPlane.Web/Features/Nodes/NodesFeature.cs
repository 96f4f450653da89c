using ControlPlane.Web.Effects;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Serving nodes and gateways: how they join, what they are told, what they say, and those this machine runs itself.</summary>
internal static class NodesFeature
{
    /// <summary>Bytes. A report names all that a node serves, so it is longer than what a page says.</summary>
    private const long LongestMessage = 4 << 20;

    private static readonly TimeSpan _keepAlive = TimeSpan.FromSeconds(5);

    public static IServiceCollection AddNodes(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, NodeScheme>(NodeScheme.Name, null);
        services.AddSignalR()
            .AddHubOptions<NodeHub>(hub =>
            {
                hub.MaximumReceiveMessageSize = LongestMessage;
                // Nodes and gateways give a silent connection up after 15 s.
                hub.KeepAliveInterval = _keepAlive;
            })
            .AddMessagePackProtocol();
        services.AddSingleton<PeerLists>().AddSingleton<NodeConnections>().AddSingleton<NodeCommands>().AddSingleton<JoinCommands>().AddSingleton<IEffectHandler, StatePush>();
        services.AddSingleton<JoinGuesses>().AddSingleton<NodeSessions>().AddSingleton<NodeCredentials>().AddSingleton<FrameIntake>();
        services.AddChecked<NodesOptions, NodesOptionsValidator>(NodesOptions.Section);
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

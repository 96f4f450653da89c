using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

internal static class HubClient
{
    private static readonly TimeSpan _silentFor = TimeSpan.FromSeconds(15);

    /// <summary>A connection that was lost is closed; the caller makes the next one, so that the first start and every later one are the same.</summary>
    public static HubConnection Build(ControlPlaneClient controlPlane)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(controlPlane.Hub, http => http.AccessTokenProvider = () => Task.FromResult(controlPlane.Identity?.Credential))
            .AddMessagePackProtocol()
            .Build();
        hub.ServerTimeout = _silentFor;
        hub.KeepAliveInterval = _silentFor / 3;
        return hub;
    }
}

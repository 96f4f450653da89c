using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Serving.Contracts.Joining;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

internal static class HubClient
{
    private static readonly TimeSpan _silentFor = TimeSpan.FromSeconds(15);

    /// <summary>A connection that was lost is closed; the caller makes the next one, so that the first start and every later one are the same.</summary>
    public static HubConnection Build(ControlPlaneClient controlPlane)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(controlPlane.Hub, http =>
            {
                http.AccessTokenProvider = () => Task.FromResult(controlPlane.Identity?.Credential);
                http.Headers[JoinRequest.SessionHeader] = controlPlane.Session;
                if (controlPlane.Authority.Length > 0)
                    TrustOnly(http, controlPlane);
            })
            .AddMessagePackProtocol()
            .Build();
        hub.ServerTimeout = _silentFor;
        hub.KeepAliveInterval = _silentFor / 3;
        return hub;
    }

    private static void TrustOnly(HttpConnectionOptions http, ControlPlaneClient controlPlane)
    {
        http.HttpMessageHandlerFactory = _ => ControlPlaneTrust.Handler(controlPlane.Authority);
        // The library's own socket knows of no authorities; what it would have sent is sent here.
        http.WebSocketFactory = async (context, cancel) =>
        {
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Authorization", $"Bearer {controlPlane.Identity?.Credential}");
            socket.Options.SetRequestHeader(JoinRequest.SessionHeader, controlPlane.Session);
            using var invoker = new HttpMessageInvoker(ControlPlaneTrust.Handler(controlPlane.Authority));
            await socket.ConnectAsync(context.Uri, invoker, cancel);
            return socket;
        };
    }
}

using System.Text.Json.Nodes;
using Serving.Gateway.Forward;
using Serving.Gateway.Nodes;

namespace Serving.Gateway.Hosting;

/// <summary>The gateway's own paths; everything else goes to a node.</summary>
internal static class GatewayEndpoints
{
    /// <summary>What a node tells only its own machine must not become public here.</summary>
    private static readonly string[] _notPassedOn = ["/status", "/metrics", "/healthz/{**rest}", "/debug/{**rest}"];

    public static void MapGateway(this WebApplication app, GatewayOptions options)
    {
        app.MapGet("/healthz/live", () => Results.Text("live"));
        app.MapGet("/healthz/ready", (NodeList nodes, NodeFeed feed) => IsReady(app, nodes, feed) ? Results.Text("ready") : Results.Text("no node is ready", statusCode: StatusCodes.Status503ServiceUnavailable));

        var managementPort = BindingAddress.Parse(Listen.IsLoopback(options.Url) ? options.Url : options.ManagementUrl).Port;
        app.MapGet("/metrics", (HttpContext context, NodeList nodes, GatewayCounters counters) =>
            context.Connection.LocalPort == managementPort ? Results.Text(counters.ToPrometheus(nodes), "text/plain; version=0.0.4") : Results.NotFound());
        app.MapGet("/status", (HttpContext context, NodeList nodes, NodeFeed feed) =>
            context.Connection.LocalPort == managementPort ? Results.Json(Status(options, nodes, feed)) : Results.NotFound());

        foreach (var path in _notPassedOn)
            app.Map(path, () => Results.NotFound()).WithOrder(1);
        app.Map("/{**path}", (HttpContext context, Forwarding forwarding) => forwarding.ForwardAsync(context)).WithOrder(2);
    }

    /// <summary>An environment without any node is no fault of the gateway: told so by the control plane, it is ready to say it.</summary>
    private static bool IsReady(WebApplication app, NodeList nodes, NodeFeed feed) =>
        !app.Lifetime.ApplicationStopping.IsCancellationRequested && (nodes.HasReady || (nodes.All.Count == 0 && feed.ConfirmedAt is not null));

    private static JsonObject Status(GatewayOptions options, NodeList nodes, NodeFeed feed) => new()
    {
        ["environment"] = options.Environment,
        ["source"] = feed.ConfirmedAt is null ? "cache" : "controlPlane",
        ["confirmedAt"] = feed.ConfirmedAt,
        ["listVersion"] = nodes.Version,
        ["nodes"] = new JsonArray([.. nodes.All.Select(node => (JsonNode)new JsonObject
        {
            ["name"] = node.Peer.Name,
            ["pool"] = node.Peer.Pool,
            ["address"] = node.Peer.Address,
            ["ready"] = node.IsReady,
            ["inFlight"] = node.InFlight,
        })]),
    };
}

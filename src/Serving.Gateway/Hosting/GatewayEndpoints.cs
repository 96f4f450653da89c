using System.Text.Json.Nodes;
using Serving.Gateway.Forward;
using Serving.Gateway.Nodes;

namespace Serving.Gateway.Hosting;

/// <summary>The gateway's own paths; the public ones of the nodes are passed on to them, and there are no others.</summary>
internal static class GatewayEndpoints
{
    /// <summary>Told apart before routing, which costs a request more than choosing its node.</summary>
    public static void UseForwarding(this WebApplication app)
    {
        var forwarding = app.Services.GetRequiredService<Forwarding>();
        app.Use(next => context => PublicPaths.Has(context.Request.Path.Value) ? forwarding.ForwardAsync(context) : next(context));
        app.UseRouting();
    }

    public static void MapGateway(this WebApplication app, GatewayOptions options)
    {
        foreach (var path in (string[])["/healthz/live", "/healthz", "/livez"])
            app.MapGet(path, () => Results.Text("live"));
        foreach (var path in (string[])["/healthz/ready", "/readyz"])
            app.MapGet(path, (NodeList nodes, NodeFeed feed, Drain drain) => IsReady(drain, nodes, feed) ? Results.Text("ready") : Results.Text("no node is ready", statusCode: StatusCodes.Status503ServiceUnavailable));

        var managementPort = BindingAddress.Parse(Listen.IsLoopback(options.Url) ? options.Url : options.ManagementUrl).Port;
        app.MapGet("/metrics", (HttpContext context, NodeList nodes, GatewayCounters counters) =>
            context.Connection.LocalPort == managementPort ? Results.Text(counters.ToPrometheus(nodes), "text/plain; version=0.0.4") : Results.NotFound());
        app.MapGet("/status", (HttpContext context, NodeList nodes, NodeFeed feed) =>
            context.Connection.LocalPort == managementPort ? Results.Json(Status(options, nodes, feed)) : Results.NotFound());

        var forwarding = app.Services.GetRequiredService<Forwarding>();
        app.MapFallback("{**path}", forwarding.RefuseAsync);
    }

    /// <summary>An environment without any node is no fault of the gateway: told so by the control plane, it is ready to say it.</summary>
    private static bool IsReady(Drain drain, NodeList nodes, NodeFeed feed) =>
        !drain.IsDraining && (nodes.HasReady || (nodes.All.Count == 0 && feed.ConfirmedAt is not null));

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

using System.Text.Json;
using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>The live connection of nodes and gateways. What is sent here can be fetched as well; losing it costs seconds.</summary>
[Authorize(AuthenticationSchemes = NodeScheme.Name)]
internal sealed class NodeHub(IDbContextFactory<ControlPlaneDb> factory, NodeReports reports, Frames frames, PeerLists peers, NodeConnections connections) : Hub
{
    public const string Path = "/hubs/nodes";

    private NodeCaller Caller => NodeScheme.CallerOf(Context.User!);

    public static string NodesOf(string environment) => $"nodes:{environment}";

    public static string GatewaysOf(string environment) => $"gateways:{environment}";

    public static string One(Guid node) => $"node:{node}";

    public override async Task OnConnectedAsync()
    {
        var cancel = Context.ConnectionAborted;
        connections.Add(new NodeId(Caller.Id), Context);
        await Groups.AddToGroupAsync(Context.ConnectionId, One(Caller.Id), cancel);
        if (Caller.Kind == JoinRequest.Gateway)
        {
            await Groups.AddToGroupAsync(Context.ConnectionId, GatewaysOf(Caller.Environment), cancel);
            await Clients.Caller.SendAsync("Peers", await peers.BytesAsync(Caller.Environment, cancel), cancel);
            return;
        }

        await Groups.AddToGroupAsync(Context.ConnectionId, NodesOf(Caller.Environment), cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.NewestAsync(Caller.Environment, cancel) is { } newest)
            await Clients.Caller.SendAsync("State", newest.Utf8, cancel);
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context.ConnectionId);
        return Task.CompletedTask;
    }

    public void Report(byte[] utf8)
    {
        if (Parse(utf8) is { } report)
            reports.Take(new NodeId(Caller.Id), report);
    }

    public void Frames(byte[] utf8)
    {
        try
        {
            foreach (var frame in JsonSerializer.Deserialize(utf8, ContractsJson.Default.FrameArray) ?? [])
                frames.Take(Caller.Environment, new NodeId(Caller.Id), frame);
        }
        catch (JsonException malformed)
        {
            throw new HubException("These frames could not be read.", malformed);
        }
    }

    private static Report? Parse(byte[] utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, ContractsJson.Default.Report);
        }
        catch (JsonException malformed)
        {
            throw new HubException("This report could not be read.", malformed);
        }
    }
}

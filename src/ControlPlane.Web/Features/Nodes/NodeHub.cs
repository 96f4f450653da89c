using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>The live connection of nodes and gateways. What is sent here can be fetched as well; losing it costs seconds.</summary>
[Authorize(AuthenticationSchemes = NodeScheme.Name)]
internal sealed class NodeHub(IDbContextFactory<ControlPlaneDb> factory, FrameIntake intake, PeerLists peers, NodeConnections connections, NodeSessions sessions) : Hub
{
    public const string Path = "/hubs/nodes";

    /// <summary>Told to a node that is to fetch a new credential.</summary>
    public const string RotateCredential = nameof(RotateCredential);

    private NodeCaller Caller => NodeScheme.CallerOf(Context.User!);

    public static string NodesOf(string environment) => $"nodes:{environment}";

    public static string GatewaysOf(string environment) => $"gateways:{environment}";

    public static string One(Guid node) => $"node:{node}";

    public override async Task OnConnectedAsync()
    {
        var cancel = Context.ConnectionAborted;
        connections.Add(new NodeId(Caller.Id), Caller.CredentialHash, Context);
        await Groups.AddToGroupAsync(Context.ConnectionId, One(Caller.Id), cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.Nodes.AnyAsync(node => node.Id == new NodeId(Caller.Id) && node.RotationAskedAt != null, cancel))
            await Clients.Caller.SendAsync(RotateCredential, cancel);
        if (Caller.Kind == JoinRequest.Gateway)
        {
            await Groups.AddToGroupAsync(Context.ConnectionId, GatewaysOf(Caller.Environment), cancel);
            await Clients.Caller.SendAsync("Peers", await peers.BytesAsync(Caller.Environment, cancel), cancel);
            return;
        }

        await Groups.AddToGroupAsync(Context.ConnectionId, NodesOf(Caller.Environment), cancel);
        if (await db.NewestAsync(Caller.Environment, cancel) is { } newest)
            await Clients.Caller.SendAsync("State", newest.Utf8, cancel);
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context.ConnectionId);
        if (Context.GetHttpContext()?.Request.Headers[JoinRequest.SessionHeader].ToString() is { Length: > 0 } session)
            sessions.Leave(new NodeId(Caller.Id), session);
        return Task.CompletedTask;
    }

    public async Task Report(byte[] utf8) => Answer(await intake.ReportAsync(Caller, utf8, Context.ConnectionAborted));

    public async Task Frames(byte[] utf8) => Answer(await intake.FramesAsync(Caller, utf8, Context.ConnectionAborted));

    /// <summary>Who floods is cut off; who is wrong is told.</summary>
    private void Answer(Refusal? refusal)
    {
        if (refusal?.Kind == RefusalKind.Overloaded)
            Context.Abort();
        else if (refusal is not null)
            throw new HubException($"{refusal.Code}: {refusal.Message}");
    }
}

using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Sends the newest desired state of an environment to its nodes, all at once.</summary>
internal sealed class StatePush(IDbContextFactory<ControlPlaneDb> factory, IHubContext<NodeHub> hub, LiveFeed feed) : IEffectHandler
{
    public string Kind => PendingEffect.PushState;

    public async Task CarryOutAsync(string subject, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.NewestAsync(subject, cancel) is { } newest)
            await hub.Clients.Group(NodeHub.NodesOf(subject)).SendAsync("State", newest.Utf8, cancel);
        feed.Publish(LiveTopics.Endpoints);
    }
}

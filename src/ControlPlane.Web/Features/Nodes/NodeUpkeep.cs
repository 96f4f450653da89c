using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Ends connections whose credential was revoked, shares reports with the database, tells gateways of changes among the nodes, and sees to it that every environment has a first revision.</summary>
internal sealed partial class NodeUpkeep(
    IDbContextFactory<ControlPlaneDb> factory, NodeReports reports, PeerLists peers, IHubContext<NodeHub> hub, NodeConnections connections, DatabaseGate gate, TimeProvider time, ILogger<NodeUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> _sent = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(_every, time);
        do
        {
            try
            {
                await EndRevokedAsync(stoppingToken);
                await reports.ShareAsync(stoppingToken);
                await FirstRevisionsAsync(stoppingToken);
                await TellGatewaysAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailed(failure.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>A node is ready once it knows that there is nothing to serve.</summary>
    private async Task FirstRevisionsAsync(CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        foreach (var name in await db.Environments.Where(environment => environment.Revision == 0).Select(environment => environment.Name).ToListAsync(cancel))
        {
            await factory.ChangeAsync<Done>(async change =>
            {
                await change.PublishAsync(name, Actor.Automatic, "First revision", time.GetUtcNow(), cancel);
                return default(Done);
            }, cancel);
        }
    }

    /// <summary>Also what another control plane revoked, or gave a new credential.</summary>
    private async Task EndRevokedAsync(CancellationToken cancel)
    {
        if (connections.Count == 0)
            return;
        await using var db = await factory.CreateDbContextAsync(cancel);
        connections.EndOthers(await db.Nodes.Where(node => node.RevokedAt == null).ToDictionaryAsync(node => node.Id, node => node.CredentialHash, cancel));
    }

    private async Task TellGatewaysAsync(CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        foreach (var environment in await db.Environments.Select(known => known.Name).ToListAsync(cancel))
        {
            var list = await peers.ReadAsync(environment, cancel);
            var content = string.Join(';', list.Peers);
            if (_sent.GetValueOrDefault(environment) == content)
                continue;
            _sent[environment] = content;
            await hub.Clients.Group(NodeHub.GatewaysOf(environment)).SendAsync("Peers", await peers.BytesAsync(environment, cancel), cancel);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Node upkeep failed and is tried again: {Reason}")]
    private partial void LogFailed(string reason);
}

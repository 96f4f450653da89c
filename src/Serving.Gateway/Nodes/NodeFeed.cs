using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Gateway.Hosting;

namespace Serving.Gateway.Nodes;

/// <summary>
/// Keeps the node list up to date: from disk before the first request, from the control plane every few seconds, and at once when it pushes.
/// Nothing here is waited for by a request.
/// </summary>
internal sealed partial class NodeFeed(GatewayOptions options, Membership membership, NodeList nodes, LastNodeList last, NodeHealth health, TimeProvider time, ILogger<NodeFeed> logger)
    : BackgroundService
{
    private static readonly TimeSpan _hubAnswersWithin = TimeSpan.FromSeconds(10);

    private readonly Lock _taking = new();
    private bool _away;

    /// <summary>When the control plane last confirmed the list; null: not since the start.</summary>
    public DateTimeOffset? ConfirmedAt { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (last.Read() is { } known)
        {
            nodes.Take(known);
            LogFromDisk(known.Peers.Count);
            await health.AskAllAsync(cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!membership.IsConfigured)
            return;

        await using var hub = Connection();
        hub.On<byte[]>("Peers", bytes => Pushed(bytes));
        hub.On("RotateCredential", () => RotateAsync(stoppingToken));
        using var timer = new PeriodicTimer(options.PollInterval, time);
        do
        {
            try
            {
                await membership.JoinAsync(stoppingToken);
                await ConnectAsync(hub, stoppingToken);
                if (await membership.GetPeersAsync(stoppingToken) is { } list)
                    Take(list);
                if (_away)
                    LogBack();
                _away = false;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_away)
                    LogAway(nodes.All.Count, failure.Message);
                _away = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private HubConnection Connection() => new HubConnectionBuilder()
        .WithUrl(membership.Hub, http =>
        {
            http.AccessTokenProvider = () => Task.FromResult(membership.Credential);
            http.Headers[JoinRequest.SessionHeader] = membership.Session;
            if (membership.Authority.Length > 0)
                TrustOnly(http);
        })
        .AddMessagePackProtocol()
        .Build();

    private void TrustOnly(HttpConnectionOptions http)
    {
        http.HttpMessageHandlerFactory = _ => ControlPlaneTrust.Handler(membership.Authority);
        // The library's own socket knows of no authorities; what it would have sent is sent here.
        http.WebSocketFactory = async (context, cancel) =>
        {
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Authorization", $"Bearer {membership.Credential}");
            socket.Options.SetRequestHeader(JoinRequest.SessionHeader, membership.Session);
            using var invoker = new HttpMessageInvoker(ControlPlaneTrust.Handler(membership.Authority));
            await socket.ConnectAsync(context.Uri, invoker, cancel);
            return socket;
        };
    }

    private async Task RotateAsync(CancellationToken cancel)
    {
        try
        {
            await membership.RotateAsync(cancel);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            // It is asked again with the next connection; until then the old credential is good.
            LogNoHub(failure.Message);
        }
    }

    /// <summary>The push is only speed: a hub that does not answer must not keep the list from being asked for.</summary>
    private async Task ConnectAsync(HubConnection hub, CancellationToken cancel)
    {
        if (hub.State != HubConnectionState.Disconnected)
            return;

        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        within.CancelAfter(_hubAnswersWithin);
        try
        {
            await hub.StartAsync(within.Token);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            LogNoHub(failure.Message);
        }
    }

    private void Pushed(byte[] bytes)
    {
        try
        {
            if (JsonSerializer.Deserialize(bytes, ContractsJson.Default.PeerList) is { } list && list.Version >= nodes.Version)
                Take(list);
        }
        catch (JsonException damaged)
        {
            LogDamaged(damaged.Message);
        }
    }

    private void Take(PeerList list)
    {
        lock (_taking)
        {
            if (list.Environment != options.Environment)
            {
                LogOtherEnvironment(list.Environment, options.Environment);
                return;
            }

            ConfirmedAt = time.GetUtcNow();
            var before = nodes.All.Select(node => node.Peer).ToArray();
            if (list.Peers.SequenceEqual(before))
                return;
            if (!nodes.Take(list))
            {
                LogEmptyRefused(before.Length);
                return;
            }

            last.Write(list);
            LogTaken(list.Peers.Count, list.Version);
        }
    }

    [LoggerMessage(LogLevel.Information, "Serving from the last node list on disk: {Count} nodes")]
    private partial void LogFromDisk(int count);

    [LoggerMessage(LogLevel.Information, "Took over a list of {Count} nodes, version {Version}")]
    private partial void LogTaken(int count, long version);

    [LoggerMessage(LogLevel.Warning, "The control plane does not answer; going on with {Count} known nodes: {Reason}")]
    private partial void LogAway(int count, string reason);

    [LoggerMessage(LogLevel.Information, "The control plane answers again")]
    private partial void LogBack();

    [LoggerMessage(LogLevel.Information, "No push from the control plane, only polling: {Reason}")]
    private partial void LogNoHub(string reason);

    [LoggerMessage(LogLevel.Warning, "A pushed node list could not be read: {Reason}")]
    private partial void LogDamaged(string reason);

    [LoggerMessage(LogLevel.Error, "Refused a node list of environment {Theirs}: this gateway is for {Ours}")]
    private partial void LogOtherEnvironment(string theirs, string ours);

    [LoggerMessage(LogLevel.Warning, "Refused an empty node list while some of the {Count} known nodes are well")]
    private partial void LogEmptyRefused(int count);
}

using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;
using Serving.Contracts;
using Serving.Node.Hosting;
using Serving.Node.Metrics;

namespace Serving.Node.Versions;

/// <summary>Brings desired states in by push and by poll, and reports and frames out. Losing the control plane costs a line in the log a minute, nothing else.</summary>
internal sealed partial class StateSource(
    VersionManager versions, NodeStatus status, SeriesRegistry registry, ControlPlaneClient controlPlane,
    NodeOptions options, TimeProvider time, ILogger<StateSource> logger) : BackgroundService
{
    private static readonly TimeSpan _frameEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _complainEvery = TimeSpan.FromMinutes(1);

    private volatile HubConnection? _hub;
    private long _complainedAt;
    private bool _complained;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.StateFile.Length > 0)
            versions.Offer(HandWritten.Read(options.StateFile), "file");
        if (!controlPlane.IsConfigured)
        {
            await FramesAsync(stoppingToken);
            return;
        }

        await Task.WhenAll(PollAsync(stoppingToken), HubAsync(stoppingToken), ReportAsync(stoppingToken), FramesAsync(stoppingToken));
    }

    private async Task PollAsync(CancellationToken cancel)
    {
        var failures = 0;
        while (!cancel.IsCancellationRequested)
        {
            var reached = await TryAsync(async () =>
            {
                await controlPlane.EnsureJoinedAsync(cancel);
                if (await controlPlane.GetStateAsync(versions.KnownHash, cancel) is { } document)
                    versions.Offer(document, "poll");
                status.ControlPlaneError = null;
            }, cancel, failure => status.ControlPlaneError = failure);
            failures = reached ? 0 : failures + 1;
            await Task.Delay(reached ? options.PollInterval : Backoff.After(failures, options.PollInterval), time, cancel);
        }
    }

    private async Task HubAsync(CancellationToken cancel)
    {
        for (var failures = 0; !cancel.IsCancellationRequested;)
        {
            var reached = await TryAsync(async () =>
            {
                await controlPlane.EnsureJoinedAsync(cancel);
                await using var hub = HubClient.Build(controlPlane);
                hub.On<byte[]>("State", document => versions.Offer(document, "push"));
                hub.On("ClearQuarantine", versions.Forgive);
                hub.On("Drain", status.Drain);
                hub.On("RotateCredential", () => TryAsync(() => RotateAsync(cancel), cancel));
                var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                hub.Closed += _ =>
                {
                    closed.TrySetResult();
                    return Task.CompletedTask;
                };
                await hub.StartAsync(cancel);
                failures = 0;
                _hub = hub;
                try
                {
                    await hub.SendAsync("Report", Serialize(), cancel);
                    await closed.Task.WaitAsync(cancel);
                }
                finally
                {
                    _hub = null;
                }
            }, cancel);
            failures = reached ? 1 : failures + 1;
            await Task.Delay(Backoff.After(failures, TimeSpan.FromSeconds(15)), time, cancel);
        }
    }

    /// <summary>The first use of the new credential ends the connection that was opened with the old one; the next is made with the new one.</summary>
    private async Task RotateAsync(CancellationToken cancel)
    {
        await controlPlane.RotateAsync(cancel);
        await controlPlane.PostReportAsync(status.Report(), cancel);
    }

    private async Task ReportAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await status.ChangeAsync(options.ReportInterval, cancel);
            FailPoint.Hit("node.ack.before");
            await TryAsync(async () =>
            {
                if (_hub is { State: HubConnectionState.Connected } hub)
                    await hub.SendAsync("Report", Serialize(), cancel);
                else if (controlPlane.Identity is not null)
                    await controlPlane.PostReportAsync(status.Report(), cancel);
            }, cancel);
        }
    }

    private async Task FramesAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(_frameEvery, time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            // Drained also while nobody listens: /metrics shows the same numbers.
            var frame = registry.Drain();
            if (frame.Series.Count > 0 && _hub is { State: HubConnectionState.Connected } hub)
                await TryAsync(() => hub.SendAsync("Frames", JsonSerializer.SerializeToUtf8Bytes([frame], ContractsJson.Default.FrameArray), cancel), cancel);
        }
    }

    private byte[] Serialize() => JsonSerializer.SerializeToUtf8Bytes(status.Report(), ContractsJson.Default.Report);

    private async Task<bool> TryAsync(Func<Task> action, CancellationToken cancel, Action<string>? failed = null)
    {
        try
        {
            await action();
            return true;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            // Whatever it is, the loops go on: the control plane may be mended while this node serves.
            var why = WhyOf(failure);
            failed?.Invoke(why);
            Complain(why);
            return false;
        }
    }

    /// <summary>With what lies beneath: that a certificate has expired, or is another host's, is said by the innermost only.</summary>
    private static string WhyOf(Exception failure)
    {
        var why = failure.Message;
        for (var inner = failure.InnerException; inner is not null; inner = inner.InnerException)
            why = why.Contains(inner.Message, StringComparison.Ordinal) ? why : $"{why} {inner.Message}";
        return why;
    }

    private void Complain(string why)
    {
        if (_complained && time.GetElapsedTime(_complainedAt) < _complainEvery)
            return;
        _complained = true;
        _complainedAt = time.GetTimestamp();
        LogUnreachable(options.ControlPlaneUrl, why);
    }

    [LoggerMessage(LogLevel.Warning, "The control plane at {Url} does not answer: {Reason}. Serving is not affected; this node keeps trying")]
    private partial void LogUnreachable(string url, string reason);
}

using Serving.Node.Hosting;

namespace Serving.Node.Log;

/// <summary>Brings finished segments to the control plane, again and again until it has them.</summary>
internal sealed partial class LogShipper(ControlPlaneClient controlPlane, NodePaths paths, NodeOptions options, TimeProvider time, ILogger<LogShipper> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _afterFailure = TimeSpan.FromSeconds(15);

    private readonly Outbox _outbox = new(paths.Outbox, options.LogOutboxBytes);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!controlPlane.IsConfigured)
            return;

        while (!stoppingToken.IsCancellationRequested)
        {
            var shipped = await ShipAsync(stoppingToken);
            await Task.Delay(shipped ? _every : _afterFailure, time, stoppingToken);
        }
    }

    private async Task<bool> ShipAsync(CancellationToken cancel)
    {
        foreach (var segment in _outbox.List())
        {
            try
            {
                await controlPlane.PutSegmentAsync(segment.Path, $"prediction/{segment.Name}?endpoint={Uri.EscapeDataString(segment.Endpoint)}&date={segment.Date}&hour={segment.Hour}", cancel);
                File.Delete(segment.Path);
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or (OperationCanceledException and not { CancellationToken.IsCancellationRequested: true }))
            {
                LogNotShipped(segment.Name, failure.Message);
                return false;
            }
        }

        return true;
    }

    [LoggerMessage(LogLevel.Debug, "Segment {Segment} was not taken: {Reason}")]
    private partial void LogNotShipped(string segment, string reason);
}

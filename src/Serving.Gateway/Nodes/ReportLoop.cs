using Serving.Contracts.Reports;
using Serving.Gateway.Hosting;

namespace Serving.Gateway.Nodes;

/// <summary>Tells the control plane every few seconds that this gateway is there.</summary>
internal sealed partial class ReportLoop(GatewayOptions options, Membership membership, NodeFeed feed, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ReportLoop> logger)
    : BackgroundService
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ReportInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (membership.Credential is null)
                continue;
            try
            {
                await membership.PostReportAsync(Report(), stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                // The feed says once that the control plane is away.
                LogNotReported(failure.Message);
            }
        }
    }

    private Report Report() => new()
    {
        NodeSession = membership.Session,
        Clock = time.GetUtcNow(),
        StartedAt = _startedAt,
        Address = membership.Address,
        Http2Address = options.Http2Url.Length > 0 ? Listen.Reachable(options.Http2Url) : null,
        Source = feed.ConfirmedAt is null ? "cache" : "poll",
        AgentVersion = Membership.AgentVersion,
        MemoryBytes = Environment.WorkingSet,
        Draining = lifetime.ApplicationStopping.IsCancellationRequested,
    };

    [LoggerMessage(LogLevel.Debug, "Not reported: {Reason}")]
    private partial void LogNotReported(string reason);
}

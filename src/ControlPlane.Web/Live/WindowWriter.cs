using ControlPlane.Data;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Live;

/// <summary>Brings ten-second windows to the database, where gates, alerts and longer charts read them. What cannot be written is dropped and said.</summary>
internal sealed partial class WindowWriter(IDbContextFactory<ControlPlaneDb> factory, Frames frames, DatabaseGate gate, IOptions<GatesOptions> options, TimeProvider time, ILogger<WindowWriter> logger) : BackgroundService
{
    private DateTimeOffset _cleaned;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.Window, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogLost(failure.Message);
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancel)
    {
        var until = frames.ClosedUntil(options.Value.Window);
        var windows = frames.TakeWindows(options.Value.Window, frames.Instance);
        var now = time.GetUtcNow();
        await using var db = await factory.CreateDbContextAsync(cancel);
        db.MetricWindows.AddRange(windows);
        if (await db.MetricWriters.SingleOrDefaultAsync(writer => writer.Instance == frames.Instance, cancel) is { } self)
            (self.Until, self.At) = (until, now);
        else
            db.MetricWriters.Add(new MetricWriter { Instance = frames.Instance, Until = until, At = now });
        await db.SaveChangesAsync(cancel);

        if (now - _cleaned < TimeSpan.FromHours(1))
            return;
        var oldest = now - options.Value.Retention;
        await db.MetricWindows.Where(window => window.At < oldest).ExecuteDeleteAsync(cancel);
        await db.MetricWriters.Where(writer => writer.At < oldest).ExecuteDeleteAsync(cancel);
        _cleaned = now;
    }

    [LoggerMessage(LogLevel.Warning, "Windows of measurements were not written: {Reason}")]
    private partial void LogLost(string reason);
}

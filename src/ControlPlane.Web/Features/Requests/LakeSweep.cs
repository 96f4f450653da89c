using ControlPlane.Data.Lake;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Requests;

/// <summary>Removes logged predictions that are older than they may become.</summary>
internal sealed partial class LakeSweep(LakeUpkeep upkeep, IOptions<LakeOptions> options, TimeProvider time, ILogger<LakeSweep> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_every, time);
        do
        {
            try
            {
                if (upkeep.RemoveOld(time.GetUtcNow() - options.Value.Retention) is > 0 and var days)
                    LogRemoved(days, options.Value.Retention);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                LogFailed(failure.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Information, "Removed {Days} folders of logged predictions that were older than {Retention}")]
    private partial void LogRemoved(int days, TimeSpan retention);

    [LoggerMessage(LogLevel.Warning, "Old logged predictions could not be removed; it is tried again in an hour: {Reason}")]
    private partial void LogFailed(string reason);
}

using System.Net;
using Serving.Contracts.Predictions;
using Serving.Node.Hosting;

namespace Serving.Node.Log;

/// <summary>Brings finished segments to the control plane, again and again until it has them.</summary>
internal sealed partial class LogShipper(ControlPlaneClient controlPlane, NodePaths paths, NodeOptions options, TimeProvider time, ILogger<LogShipper> logger) : BackgroundService
{
    /// <summary>Segments sent before the folder is looked through again for newer ones.</summary>
    private const int Turn = 32;
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(15);

    private readonly Outbox _outbox = new(paths.Outbox, options.LogOutboxBytes);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!controlPlane.IsConfigured)
            return;

        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            failures = await ShipAsync(stoppingToken) ? 0 : failures + 1;
            var wait = failures == 0 ? _every : TimeSpan.FromSeconds(Math.Min(_longestWait.TotalSeconds, Math.Pow(2, failures)));
            await Task.Delay(wait, time, stoppingToken);
        }
    }

    /// <returns>False: the control plane is away.</returns>
    private async Task<bool> ShipAsync(CancellationToken cancel)
    {
        IReadOnlyList<OutboxSegment> next;
        while ((next = Next()).Count > 0)
        {
            foreach (var segment in next)
            {
                try
                {
                    await controlPlane.PutSegmentAsync(segment.Path, $"{SegmentName.Predictions}/{segment.Name}", cancel);
                    File.Delete(segment.Path);
                }
                catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity)
                {
                    // It will not be taken next time either. It stays until the outbox is full or the process ends, and holds no other up.
                    _refused.Add(segment.Path);
                    LogRefused(segment.Name.ToString(), (int)refused.StatusCode);
                }
                catch (Exception failure) when (!cancel.IsCancellationRequested && failure is HttpRequestException or IOException or OperationCanceledException)
                {
                    LogNotShipped(segment.Name.ToString(), failure.Message);
                    return false;
                }
            }
        }

        return true;
    }

    private IReadOnlyList<OutboxSegment> Next() => [.. _outbox.List().Where(segment => !_refused.Contains(segment.Path)).Take(Turn)];

    [LoggerMessage(LogLevel.Debug, "Segment {Segment} was not taken: {Reason}")]
    private partial void LogNotShipped(string segment, string reason);

    [LoggerMessage(LogLevel.Error, "The control plane refused segment {Segment} of the prediction log with {Status}")]
    private partial void LogRefused(string segment, int status);
}

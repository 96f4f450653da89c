using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Statistics;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace ControlPlane.Data.Rollouts;

/// <summary>What an endpoint has seen lately, for whoever plans a rollout there.</summary>
public static class TrafficRows
{
    private const int MostRows = 5_000;
    private static readonly TimeSpan _span = TimeSpan.FromMinutes(15);

    /// <returns>Of the last quarter of an hour, or of what there is of it; null: nothing serves, or nobody asked.</returns>
    public static async Task<StableTraffic?> StableTrafficAsync(this ControlPlaneDb db, Endpoint endpoint, DateTimeOffset now, CancellationToken cancel)
    {
        if (endpoint.StableRelease is not { } stable)
            return null;
        var from = now - _span;
        var rows = await db.MetricWindows.AsNoTracking()
            .Where(row => row.Environment == endpoint.Environment && row.Endpoint == endpoint.Name && row.Release == stable && row.Arm != ArmState.Direct && row.At >= from)
            .OrderByDescending(row => row.At).Take(MostRows).ToListAsync(cancel);
        var requests = rows.Sum(row => row.Requests);
        if (requests == 0)
            return null;

        var latency = new LatencyHistogram();
        var prediction = Sums.None;
        foreach (var row in rows)
        {
            latency.TryMerge(row.Latency);
            if (row.Predictions > 0)
                prediction = prediction.Plus(new Moments(row.Predictions, row.PredictionMean, row.PredictionM2));
        }

        var seconds = Math.Max(1, (now - rows[^1].At).TotalSeconds);
        return new(requests / seconds, requests, rows.Sum(row => row.Errors + row.Timeouts + row.Invalid), latency, prediction);
    }
}

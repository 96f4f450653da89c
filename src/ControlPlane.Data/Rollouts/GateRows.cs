using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace ControlPlane.Data.Rollouts;

/// <summary>What gates read: the rows that all control planes wrote of the two releases of a rollout.</summary>
public static class GateRows
{
    /// <summary>Rows that one look reads at most; what is left is read at the next.</summary>
    public const int MostRows = 20_000;

    /// <summary>Windows that a look waits for a control plane that is behind with writing. After that they count as unmeasured.</summary>
    public const int Patience = 3;

    private static readonly TimeSpan _silent = TimeSpan.FromMinutes(1);

    /// <param name="after">Newest window judged; null: none.</param>
    /// <param name="isMeasured">Nodes answer that would send what they measure.</param>
    public static async Task<Measurements> MeasuredAsync(
        this ControlPlaneDb db, Rollout rollout, long? after, bool isMeasured, GateWindow window, DateTimeOffset now, CancellationToken cancel)
    {
        var clock = window.Watermark(now);
        var alive = now - _silent;
        var written = await db.MetricWriters.Where(writer => writer.At >= alive).Select(writer => (DateTimeOffset?)writer.Until).MinAsync(cancel) is { } until ? window.Of(until) - 1 : (long?)null;
        var watermark = written is { } all ? Math.Clamp(all, clock - Patience, clock) : clock - Patience;
        var from = window.StartOf(Math.Max(after + 1 ?? long.MinValue, rollout.State.InForceFrom ?? watermark + 1));
        var to = window.StartOf(watermark + 1);
        var rows = await db.MetricWindows.AsNoTracking()
            .Where(row => row.Environment == rollout.Environment && row.Endpoint == rollout.EndpointName && row.At >= from && row.At < to
                && (row.Release == rollout.FromRelease || row.Release == rollout.ToRelease) && row.Arm != ArmState.Direct)
            .OrderBy(row => row.At).Take(MostRows).ToListAsync(cancel);
        if (rows.Count == MostRows)
            watermark = window.Of(rows[^1].At) - 1;
        return new Measurements([.. rows.Select(row => ArmOf(row, rollout, window))], watermark, isMeasured ? written is { } through ? Math.Min(through, watermark) : null : null);
    }

    private static ArmWindow ArmOf(MetricWindow row, Rollout rollout, GateWindow window)
    {
        var latency = new LatencyHistogram();
        latency.TryMerge(row.Latency);
        return new ArmWindow(window.Of(row.At), row.Release == rollout.ToRelease ? GateArm.Candidate : GateArm.Stable)
        {
            Requests = row.Requests,
            Errors = row.Errors + row.Timeouts,
            Invalid = row.Invalid,
            Latency = latency,
            Prediction = row.Predictions > 0 ? new Moments(row.Predictions, row.PredictionMean, row.PredictionM2) : null,
            IsLate = row.Instance.StartsWith(MetricWindow.Late, StringComparison.Ordinal),
        };
    }
}

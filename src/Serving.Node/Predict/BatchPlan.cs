using Serving.Contracts.State;

namespace Serving.Node.Predict;

/// <summary>How requests for one release are put together.</summary>
/// <param name="MostRows">Rows in one run; 1: each request runs by itself.</param>
/// <param name="MostDelay">The longest a batch is held back for rows that have not come yet, timestamps of the time provider; 0: it takes what waits and goes.</param>
/// <param name="Curve">What was measured: rows and the time of one run, timestamps; ascending.</param>
internal sealed record BatchPlan(int MostRows, long MostDelay, IReadOnlyList<(int Rows, long Time)> Curve)
{
    /// <summary>Rows in one run where a release sets no limit.</summary>
    public const int DefaultRows = 64;

    private static readonly TimeSpan _shortRun = TimeSpan.FromMicroseconds(100);

    public static BatchPlan Single { get; } = new(1, 0, []);

    public bool Batches => MostRows > 1;

    /// <summary>
    /// Runs at a time. A run of microseconds that finds its few places taken is waited for by way of the queue, which costs more than itself, although the
    /// holder of the place mostly only lost its core for a moment: such models have places to spare. Longer runs would take the cores from each other.
    /// </summary>
    /// <param name="cores">At least 1.</param>
    public int ParallelRuns(int cores, long timestampFrequency) =>
        Math.Max(2, cores) * (!Batches && Curve is [(1, var one), ..] && one < timestampFrequency * _shortRun.TotalSeconds ? 4 : 1);

    /// <summary>Time of a run of this many rows, timestamps, read off the curve; 0: nothing was measured.</summary>
    public long TimeOf(int rows)
    {
        foreach (var point in Curve)
        {
            if (point.Rows >= rows)
                return point.Time;
        }

        return Curve.Count == 0 ? 0 : Curve[^1].Time * rows / Curve[^1].Rows;
    }

    /// <param name="saving">What a batch must save a row to be worth the way through the queue, timestamps.</param>
    /// <returns>The plan that the curve speaks for.</returns>
    public static BatchPlan Of(IReadOnlyList<(int Rows, long Time)> curve, BatchingConfiguration? wanted, long saving, long timestampFrequency)
    {
        if (curve.Count < 2 || curve[0].Rows != 1)
            return Single;

        var best = 0;
        for (var i = 1; i < curve.Count; i++)
        {
            // A larger batch must be worth its longer wait: a twentieth less a row at least.
            if (ARow(curve[i]) < 0.95 * ARow(curve[best]))
                best = i;
        }

        var pays = ARow(curve[0]) - ARow(curve[best]) >= saving && ARow(curve[best]) <= 0.9 * ARow(curve[0]);
        return pays ? new BatchPlan(curve[best].Rows, (wanted?.MaxDelayUs ?? 0) * timestampFrequency / 1_000_000, curve) : Single with { Curve = curve };
    }

    private static double ARow((int Rows, long Time) point) => (double)point.Time / point.Rows;
}

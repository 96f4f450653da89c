using Serving.Contracts.Reports;
using Serving.Node.Cache;

namespace Serving.Node.Metrics;

/// <summary>
/// What one endpoint × release × arm did since the last look. Counting is lock-free and allocates nothing; the numbers of one frame belong together:
/// a request is in one frame whole, never in two by halves.
/// </summary>
internal sealed class SeriesCounters(string endpoint, string release, string model, string version, string arm)
{
    private Tally _open = new();
    private Tally _spare = new();
    private int _inFlight;

    public string Endpoint => endpoint;

    public string Release => release;

    public string Arm => arm;

    public SeriesTotals Totals { get; } = new(endpoint, release, model, version, arm);

    public CacheCounts Cache => Totals.Cache;

    public int InFlight => Volatile.Read(ref _inFlight);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    public void Refused()
    {
        var tally = Open();
        Interlocked.Increment(ref tally.Refused);
        Close(tally);
    }

    /// <param name="status">HTTP status of the answer.</param>
    /// <param name="elapsed">The whole request.</param>
    /// <param name="phases">All zero: it was not run.</param>
    public void Answered(int status, TimeSpan elapsed, in Phases phases, int rows, bool unassigned, bool cached = false)
    {
        var microseconds = (long)elapsed.TotalMicroseconds;
        var tally = Open();
        Interlocked.Increment(ref tally.Requests);
        Interlocked.Increment(ref tally.Latency[LatencyHistogram.SlotOf(microseconds)]);
        Interlocked.Add(ref tally.Microseconds, microseconds);
        Interlocked.Add(ref tally.Rows, rows);
        if (phases.Infer > 0)
        {
            Interlocked.Add(ref tally.Input, phases.Input);
            Interlocked.Add(ref tally.Queue, phases.Queue);
            Interlocked.Add(ref tally.Infer, phases.Infer);
            Interlocked.Add(ref tally.Output, phases.Output);
        }

        if (cached)
        {
            Interlocked.Increment(ref tally.Cached);
            Interlocked.Add(ref tally.CachedRows, rows);
        }

        if (unassigned)
            Interlocked.Increment(ref tally.Unassigned);
        if (status == 504)
            Interlocked.Increment(ref tally.Timeouts);
        else if (status >= 500)
            Interlocked.Increment(ref tally.Errors);
        else if (status >= 400)
            Interlocked.Increment(ref tally.Invalid);
        Close(tally);
    }

    /// <summary>Adds the watched numbers of a request's rows; what is not finite is left out.</summary>
    public void Predicted(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
            return;

        var tally = Open();
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
                continue;
            Interlocked.Increment(ref tally.Predictions);
            Add(ref tally.Sum, value);
            Add(ref tally.SumOfSquares, value * value);
        }

        Close(tally);
    }

    /// <summary>Takes what was counted and begins anew. One caller at a time.</summary>
    /// <returns>Null: nothing happened and nothing is under way.</returns>
    public FrameSeries? Drain()
    {
        var taken = Interlocked.Exchange(ref _open, _spare);
        // The last writers are a few additions from the end.
        SpinWait.SpinUntil(() => Volatile.Read(ref taken.Writers) == 0);
        _spare = taken;
        if (taken is { Requests: 0, Refused: 0, Predictions: 0 } && InFlight == 0)
            return null;

        var latency = new LatencyHistogram();
        for (var slot = 0; slot < taken.Latency.Length; slot++)
        {
            if (taken.Latency[slot] != 0)
                latency.AddSlot(slot, taken.Latency[slot]);
        }

        var series = taken.ToSeries(endpoint, release, arm, latency, InFlight);
        Totals.Add(series, latency, taken.Microseconds, taken.Phases, taken.Cached, taken.CachedRows);
        taken.Clear();
        return series;
    }

    /// <summary>A writer counts itself in before it counts, and looks again: the drainer may just have taken the tally away.</summary>
    private Tally Open()
    {
        while (true)
        {
            var open = Volatile.Read(ref _open);
            Interlocked.Increment(ref open.Writers);
            if (ReferenceEquals(open, Volatile.Read(ref _open)))
                return open;
            Interlocked.Decrement(ref open.Writers);
        }
    }

    private static void Close(Tally tally) => Interlocked.Decrement(ref tally.Writers);

    private static void Add(ref double total, double value)
    {
        var seen = Volatile.Read(ref total);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref total, seen + value, seen);
            if (before.Equals(seen))
                return;
            seen = before;
        }
    }
}

using Serving.Contracts.Reports;

namespace Serving.Node.Metrics;

/// <summary>What one endpoint × release × arm did since the last look. Counting is lock-free and allocates nothing.</summary>
internal sealed class SeriesCounters(string endpoint, string release, string model, string version, string arm)
{
    private readonly long[] _latency = new long[LatencyHistogram.SlotCount];
    private long _requests;
    private long _errors;
    private long _timeouts;
    private long _invalid;
    private long _refused;
    private long _unassigned;
    private long _rows;
    private long _predictions;
    private double _sum;
    private double _sumOfSquares;
    private int _inFlight;

    public string Endpoint => endpoint;

    public string Release => release;

    public string Arm => arm;

    public SeriesTotals Totals { get; } = new(endpoint, release, model, version, arm);

    public int InFlight => Volatile.Read(ref _inFlight);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    public void Refused() => Interlocked.Increment(ref _refused);

    /// <param name="status">HTTP status of the answer.</param>
    /// <param name="elapsed">The whole request.</param>
    public void Answered(int status, TimeSpan elapsed, int rows, bool unassigned)
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Increment(ref _latency[LatencyHistogram.SlotOf((long)elapsed.TotalMicroseconds)]);
        Interlocked.Add(ref _rows, rows);
        if (unassigned)
            Interlocked.Increment(ref _unassigned);
        if (status == 504)
            Interlocked.Increment(ref _timeouts);
        else if (status >= 500)
            Interlocked.Increment(ref _errors);
        else if (status >= 400)
            Interlocked.Increment(ref _invalid);
    }

    public void Predicted(double value)
    {
        if (!double.IsFinite(value))
            return;
        Interlocked.Increment(ref _predictions);
        Add(ref _sum, value);
        Add(ref _sumOfSquares, value * value);
    }

    /// <summary>Takes what was counted and begins anew. One caller at a time.</summary>
    /// <returns>Null: nothing happened and nothing is under way.</returns>
    public FrameSeries? Drain()
    {
        var requests = Interlocked.Exchange(ref _requests, 0);
        var refused = Interlocked.Exchange(ref _refused, 0);
        if (requests == 0 && refused == 0 && InFlight == 0)
            return null;

        var latency = new LatencyHistogram();
        for (var slot = 0; slot < _latency.Length; slot++)
        {
            if (_latency[slot] != 0)
                latency.AddSlot(slot, Interlocked.Exchange(ref _latency[slot], 0));
        }

        var series = new FrameSeries
        {
            Endpoint = endpoint,
            Release = release,
            Arm = arm,
            Requests = requests,
            Errors = Interlocked.Exchange(ref _errors, 0),
            Timeouts = Interlocked.Exchange(ref _timeouts, 0),
            Invalid = Interlocked.Exchange(ref _invalid, 0),
            Refused = refused,
            Unassigned = Interlocked.Exchange(ref _unassigned, 0),
            Rows = Interlocked.Exchange(ref _rows, 0),
            Latency = latency.ToBytes(),
            InFlight = InFlight,
            Prediction = TakeMoments(),
        };
        Totals.Add(series, latency);
        return series;
    }

    private Moments? TakeMoments()
    {
        var count = Interlocked.Exchange(ref _predictions, 0);
        var sum = Interlocked.Exchange(ref _sum, 0);
        var squares = Interlocked.Exchange(ref _sumOfSquares, 0);
        return count == 0 ? null : new Moments(count, sum / count, Math.Max(0, squares - sum * sum / count));
    }

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

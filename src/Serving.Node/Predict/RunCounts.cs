namespace Serving.Node.Predict;

/// <summary>Why a run began with the rows it had.</summary>
internal enum BatchReason
{
    /// <summary>Nobody else waited.</summary>
    Alone,

    /// <summary>It took all that waited.</summary>
    Waited,

    /// <summary>No more rows are worth while, or the release allows no more.</summary>
    Full,

    /// <summary>The next one has another shape.</summary>
    Shape,

    /// <summary>A longer run would have missed somebody's deadline.</summary>
    Deadline,

    /// <summary>It had waited for more as long as the release allows.</summary>
    Delay,

    /// <summary>The batch failed or ran out of time: each of its calls was run by itself.</summary>
    Apart,
}

/// <summary>Runs of one slot: one writer at a time, any readers; a reader may see a run half counted.</summary>
internal sealed class RunCounts
{
    private const int Smoothing = 8;

    private readonly long[] _byReason = new long[Enum.GetValues<BatchReason>().Length];
    private long _perRow;

    public long Rows;
    public long Calls;
    public long Time;

    /// <summary>Time of a row lately, timestamps; 0: nothing ran yet.</summary>
    public long PerRow => Volatile.Read(ref _perRow);

    public long Runs(BatchReason reason) => Volatile.Read(ref _byReason[(int)reason]);

    public long Runs()
    {
        var sum = 0L;
        foreach (ref var runs in _byReason.AsSpan())
            sum += Volatile.Read(ref runs);
        return sum;
    }

    public void Add(BatchReason reason, int rows, int calls, long time)
    {
        _byReason[(int)reason]++;
        Rows += rows;
        Calls += calls;
        Time += time;
        var perRow = time / Math.Max(1, rows);
        _perRow = _perRow == 0 ? perRow : _perRow + (perRow - _perRow) / Smoothing;
    }
}

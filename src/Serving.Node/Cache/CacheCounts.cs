namespace Serving.Node.Cache;

/// <summary>What a cache did for one endpoint × release × arm since the start. Counting is lock-free.</summary>
internal sealed class CacheCounts
{
    private long _hits;
    private long _hitTime;
    private long _misses;
    private long _missTime;
    private long _rescored;
    private long _mismatched;
    private long _notRescored;

    /// <summary>Requests answered from the cache.</summary>
    public long Hits => Volatile.Read(ref _hits);

    /// <summary>Time of looking up and copying, timestamps.</summary>
    public long HitTime => Volatile.Read(ref _hitTime);

    /// <summary>Requests that were looked up and had to be run.</summary>
    public long Misses => Volatile.Read(ref _misses);

    /// <summary>Time of looking up and of keeping what was run, timestamps.</summary>
    public long MissTime => Volatile.Read(ref _missTime);

    /// <summary>Answers from the cache that were run again and compared.</summary>
    public long Rescored => Volatile.Read(ref _rescored);

    /// <summary>Of those, the ones that had come out otherwise.</summary>
    public long Mismatched => Volatile.Read(ref _mismatched);

    /// <summary>Answers chosen to be run again for which there was no time.</summary>
    public long NotRescored => Volatile.Read(ref _notRescored);

    public void Hit(long time)
    {
        Interlocked.Increment(ref _hits);
        Interlocked.Add(ref _hitTime, time);
    }

    public void Missed(long time)
    {
        Interlocked.Increment(ref _misses);
        Interlocked.Add(ref _missTime, time);
    }

    public void Kept(long time) => Interlocked.Add(ref _missTime, time);

    public void Compared(bool agree)
    {
        Interlocked.Increment(ref _rescored);
        if (!agree)
            Interlocked.Increment(ref _mismatched);
    }

    public void LeftOut() => Interlocked.Increment(ref _notRescored);
}

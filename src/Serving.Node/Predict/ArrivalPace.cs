namespace Serving.Node.Predict;

/// <summary>How fast calls come lately. Safe to call from any thread; a lost update does no harm.</summary>
internal sealed class ArrivalPace
{
    private const int Smoothing = 8;

    private long _last;
    private long _gap = long.MaxValue / 2;

    /// <summary>Time between two calls lately, timestamps.</summary>
    public long Gap => Volatile.Read(ref _gap);

    public void Came(long now)
    {
        var before = Interlocked.Exchange(ref _last, now);
        if (before == 0)
            return;
        var gap = Math.Max(0, now - before);
        var known = Volatile.Read(ref _gap);
        Volatile.Write(ref _gap, known > long.MaxValue / 4 ? gap : known + (gap - known) / Smoothing);
    }
}

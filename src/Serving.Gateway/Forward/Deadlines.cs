using System.Collections.Concurrent;

namespace Serving.Gateway.Forward;

/// <summary>Cancellations with a time, used again by later requests: making one, its timer and its links costs as much as choosing a node. Thread-safe.</summary>
internal sealed class Deadlines(TimeProvider time)
{
    private const int MostKept = 1_024;

    private readonly ConcurrentQueue<CancellationTokenSource> _kept = new();

    /// <param name="left">From now; infinite: it is only cancelled by others.</param>
    public CancellationTokenSource Rent(TimeSpan left)
    {
        if (!_kept.TryDequeue(out var source))
            return new CancellationTokenSource(left, time);
        source.CancelAfter(left);
        return source;
    }

    /// <summary>Nobody may hold its token any more.</summary>
    public void Return(CancellationTokenSource source)
    {
        if (source.TryReset() && _kept.Count < MostKept)
            _kept.Enqueue(source);
        else
            source.Dispose();
    }
}

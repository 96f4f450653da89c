using Serving.Contracts.Joining;

namespace Serving.Gateway.Nodes;

/// <summary>One node as this gateway sees it. Thread-safe.</summary>
internal sealed class NodeTarget(Peer peer)
{
    private int _inFlight;
    private int _lateInARow;
    private volatile bool _isReady = true;
    private CancellationTokenSource _silent = new();

    public Peer Peer { get; } = peer;

    public int InFlight => Volatile.Read(ref _inFlight);

    public bool IsReady => _isReady;

    /// <summary>Cancelled once the node has stopped answering: what waits for it may go elsewhere.</summary>
    public CancellationToken Silent => Volatile.Read(ref _silent).Token;

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>A connection failed: nothing more is sent until it answers that it is ready.</summary>
    public void Failed() => _isReady = false;

    public void Answered(bool isReady)
    {
        _lateInARow = 0;
        _isReady = isReady;
    }

    /// <summary>It did not answer in time. Once may be a busy moment; twice is a node that hangs.</summary>
    public void Late()
    {
        if (++_lateInARow < 2)
            return;

        _isReady = false;
        // Not disposed of: a request may just be about to register with it, and it holds no timer.
        Interlocked.Exchange(ref _silent, new CancellationTokenSource()).Cancel();
    }
}

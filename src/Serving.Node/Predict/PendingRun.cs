using System.Threading.Tasks.Sources;

namespace Serving.Node.Predict;

/// <summary>
/// A call's turn in the queue of its release, awaited by its caller. It is used again with its call, but for one that was given up while it waited:
/// that one may still lie in the queue. Exactly one of <see cref="TryTake"/> and <see cref="TryGiveUp"/> succeeds.
/// </summary>
internal sealed class PendingRun(ModelCall call) : IValueTaskSource
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int GivenUp = 2;

    // A mutable struct: never readonly. Callers go on where they like, not on the thread that runs models.
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };
    private int _state;

    public ModelCall Call => call;

    public int Rows { get; private set; }

    /// <summary>Timestamp after which the answer is of no use.</summary>
    public long Deadline { get; private set; }

    /// <summary>Timestamp at which it began to wait.</summary>
    public long Since { get; private set; }

    private IRunCaller? Caller { get; set; }

    public bool WasGivenUp => Volatile.Read(ref _state) == GivenUp;

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsAbandoned => Caller is { HasGone: true };

    public ValueTask Begin(long deadline, long since, IRunCaller? caller)
    {
        _done.Reset();
        (Rows, Deadline, Since, Caller) = (call.Rows, deadline, since, caller);
        Volatile.Write(ref _state, Waiting);
        return new ValueTask(this, _done.Version);
    }

    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    public bool TryGiveUp() => Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting;

    public void Succeed()
    {
        Caller = null;
        _done.SetResult(true);
    }

    public void Fail(Exception why)
    {
        Caller = null;
        _done.SetException(why);
    }

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}

/// <summary>Who waits for a run.</summary>
internal interface IRunCaller
{
    /// <summary>The connection is closed or the call cancelled: a run that has not begun is not begun. Asked on any thread.</summary>
    bool HasGone { get; }

    /// <summary>Its time is over, and its thread is inside a run that does not end. Called on another thread, at most once a run; must not wait.</summary>
    void RunIsStuck();
}

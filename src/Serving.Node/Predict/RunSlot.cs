using Microsoft.ML.OnnxRuntime;

namespace Serving.Node.Predict;

/// <summary>One of the few runs that a model may have at a time, with the timer that ends it. One user at a time, between <see cref="TryTake"/> and <see cref="GiveBack"/>.</summary>
internal sealed class RunSlot : IDisposable
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Ending = 2;
    private const int Ended = 3;
    private const long NotArmed = long.MaxValue;

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private RunOptions _options = new();
    private long _deadline;
    private long _due = NotArmed;
    private int _state;
    private int _taken;

    public RunSlot(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static slot => ((RunSlot)slot!).EndIfDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool TryTake() => Volatile.Read(ref _taken) == 0 && Interlocked.Exchange(ref _taken, 1) == 0;

    // A full fence: whoever gives back looks at the queue next, and whoever queues up looks at the slot.
    public void GiveBack() => Interlocked.Exchange(ref _taken, 0);

    /// <exception cref="DeadlineException">The deadline passed.</exception>
    public void Run(ModelCall call, long deadline)
    {
        var left = deadline - _time.GetTimestamp();
        if (left <= 0)
            throw new DeadlineException();

        Volatile.Write(ref _deadline, deadline);
        Interlocked.Exchange(ref _state, Running);
        if (deadline < Volatile.Read(ref _due))
            Arm(deadline, left);
        try
        {
            call.Run(_options);
        }
        catch (OnnxRuntimeException) when (Volatile.Read(ref _state) != Running)
        {
            throw new DeadlineException();
        }
        finally
        {
            Finish();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _options.Dispose();
    }

    private void Finish()
    {
        var spin = new SpinWait();
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, Idle, Running))
            {
                case Running:
                    return;
                case Ended:
                    _options.Dispose();
                    _options = new RunOptions();
                    Volatile.Write(ref _state, Idle);
                    return;
                default:
                    // The timer is just about to end this run: the options must not change hands before it has.
                    spin.SpinOnce();
                    break;
            }
        }
    }

    private void EndIfDue()
    {
        // A run that begins now either sees that no timer is set, or is seen here.
        Interlocked.Exchange(ref _due, NotArmed);
        if (Volatile.Read(ref _state) != Running)
            return;
        if (Left() is > 0 and var left)
        {
            Arm(Volatile.Read(ref _deadline), left);
            return;
        }

        if (Interlocked.CompareExchange(ref _state, Ending, Running) != Running)
            return;
        if (Left() is > 0 and var leftOfNext)
        {
            // The run that was due has ended meanwhile, and this is the next.
            Volatile.Write(ref _state, Running);
            Arm(Volatile.Read(ref _deadline), leftOfNext);
            return;
        }

        _options.Terminate = true;
        Volatile.Write(ref _state, Ended);
    }

    /// <summary>Set anew only for an earlier deadline: a busy slot sets its timer once in a while, not twice a run.</summary>
    private void Arm(long deadline, long left)
    {
        Volatile.Write(ref _due, deadline);
        _timer.Change(Span(left), Timeout.InfiniteTimeSpan);
    }

    private long Left() => Volatile.Read(ref _deadline) - _time.GetTimestamp();

    private TimeSpan Span(long timestamps) =>
        TimeSpan.FromMilliseconds(1 + timestamps * 1000 / _time.TimestampFrequency);
}

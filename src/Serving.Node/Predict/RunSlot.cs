namespace Serving.Node.Predict;

/// <summary>
/// One of the few runs that a model may have at a time, with the timer that ends it. A run that does not end when it is told to is given up: where its thread
/// cannot be had back, its caller is answered in its place and the slot stays taken until it ends after all.
/// One user at a time, between <see cref="TryTake"/> and <see cref="GiveBack"/>.
/// </summary>
internal sealed class RunSlot : IDisposable
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Ending = 2;
    private const int Ended = 3;
    private const int Stuck = 4;
    private const long NotArmed = long.MaxValue;

    /// <summary>From being told to end to being given up. The runtime looks between two operators.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromMilliseconds(100);

    private readonly RunPlace _place;
    private readonly TimeProvider _time;
    private readonly IRunHold? _hold;
    private readonly ITimer _timer;
    private readonly long _graceTimestamps;
    private IRunCaller? _caller;
    private long _deadline;
    private long _due = NotArmed;
    private long _began;
    private long _giveUpAt;
    private int _state;
    private int _taken;

    /// <param name="hold">Held while a run is under way that was given up; null: nothing needs to be.</param>
    public RunSlot(RunPlace place, TimeProvider time, IRunHold? hold = null)
    {
        (_place, _time, _hold) = (place, time, hold);
        _graceTimestamps = (long)(_grace.TotalSeconds * time.TimestampFrequency);
        _timer = time.CreateTimer(static slot => ((RunSlot)slot!).EndIfDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsTaken => Volatile.Read(ref _taken) != 0;

    /// <summary>Its run was given up and has not ended yet.</summary>
    public bool IsStuck => Volatile.Read(ref _state) == Stuck;

    /// <summary>When the run under way began, timestamp of the time provider; 0: none is.</summary>
    public long Began => Volatile.Read(ref _state) == Idle ? 0 : Volatile.Read(ref _began);

    public bool TryTake() => Volatile.Read(ref _taken) == 0 && Interlocked.Exchange(ref _taken, 1) == 0;

    // A full fence: whoever gives back looks at the queue next, and whoever queues up looks at the slot.
    public void GiveBack() => Interlocked.Exchange(ref _taken, 0);

    /// <param name="caller">Told when the run is given up and its thread cannot be had back; null: nobody is.</param>
    /// <exception cref="DeadlineException">The deadline passed.</exception>
    /// <exception cref="TooLateException">The run was given up, and <paramref name="caller"/> told so.</exception>
    public void Run(ModelCall call, long deadline, IRunCaller? caller = null)
    {
        var began = _time.GetTimestamp();
        var left = deadline - began;
        if (left <= 0)
            throw new DeadlineException();

        _caller = caller;
        Volatile.Write(ref _began, began);
        Volatile.Write(ref _deadline, deadline);
        Interlocked.Exchange(ref _state, Running);
        if (deadline < Volatile.Read(ref _due))
            Arm(deadline, left);
        var (wasEnded, isTooLate) = (false, false);
        try
        {
            _place.Run(call);
            call.Ran(began, _time.GetTimestamp(), call.Rows);
        }
        catch (Exception) when (Volatile.Read(ref _state) != Running)
        {
            wasEnded = true;
        }
        finally
        {
            isTooLate = Finish();
        }

        if (isTooLate)
            throw new TooLateException();
        if (wasEnded)
            throw new DeadlineException();
    }

    /// <summary>After a <see cref="TooLateException"/>: nothing of this object may be touched any more, unless the caller holds the model as well.</summary>
    public void LetGo() => _hold?.Release();

    public void Dispose()
    {
        _timer.Dispose();
        _place.Dispose();
    }

    /// <returns>Whether the run had been given up.</returns>
    private bool Finish()
    {
        var spin = new SpinWait();
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, Idle, Running))
            {
                case Running:
                    _caller = null;
                    return false;
                case Ended:
                    if (Interlocked.CompareExchange(ref _state, Ending, Ended) != Ended)
                        break;
                    Renew();
                    return false;
                case Stuck:
                    Renew();
                    return true;
                default:
                    // The timer is just about to end this run: the place must not change hands before it has.
                    spin.SpinOnce();
                    break;
            }
        }
    }

    private void Renew()
    {
        _caller = null;
        _place.Renew();
        Volatile.Write(ref _state, Idle);
    }

    private void EndIfDue()
    {
        // A run that begins now either sees that no timer is set, or is seen here.
        Interlocked.Exchange(ref _due, NotArmed);
        var state = Volatile.Read(ref _state);
        if (state == Ended)
            GiveUpIfDue();
        if (state != Running)
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

        _place.End();
        Volatile.Write(ref _giveUpAt, _time.GetTimestamp() + _graceTimestamps);
        Volatile.Write(ref _state, Ended);
        Arm(Volatile.Read(ref _giveUpAt), _graceTimestamps);
    }

    private void GiveUpIfDue()
    {
        if (Volatile.Read(ref _giveUpAt) - _time.GetTimestamp() is > 0 and var left)
        {
            Arm(Volatile.Read(ref _giveUpAt), left);
            return;
        }

        if (Interlocked.CompareExchange(ref _state, Ending, Ended) != Ended)
            return;
        if (_place.TryLeave())
        {
            Volatile.Write(ref _state, Ended);
            return;
        }

        // Before anybody is told: who is told may give the model away.
        _hold?.TryAcquire();
        _caller?.RunIsStuck();
        Volatile.Write(ref _state, Stuck);
    }

    /// <summary>Set anew only for an earlier deadline: a busy slot sets its timer once in a while, not twice a run.</summary>
    private void Arm(long due, long left)
    {
        Volatile.Write(ref _due, due);
        _timer.Change(Span(left), Timeout.InfiniteTimeSpan);
    }

    private long Left() => Volatile.Read(ref _deadline) - _time.GetTimestamp();

    private TimeSpan Span(long timestamps) =>
        TimeSpan.FromMilliseconds(1 + timestamps * 1000 / _time.TimestampFrequency);
}

/// <summary>Keeps what a run needs, whoever else has let go of it. Thread-safe.</summary>
internal interface IRunHold
{
    bool TryAcquire();

    void Release();
}

using System.Collections.Concurrent;

namespace Serving.Node.Predict;

/// <summary>Calls of one release that wait for a run: the urgent first, then in the order in which they came. Thread-safe; admission bounds it.</summary>
internal sealed class RunQueue : IDisposable
{
    private const long NotArmed = long.MaxValue;

    private readonly ConcurrentQueue<PendingRun> _urgent = new();
    private readonly ConcurrentQueue<PendingRun> _ordinary = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    // Nobody hangs up within 5 ms, and asking costs an allocation.
    private readonly long _longEnoughToLeave;
    private long _due = NotArmed;
    private int _rows;

    public RunQueue(TimeProvider time)
    {
        _time = time;
        _longEnoughToLeave = time.TimestampFrequency / 200;
        _timer = time.CreateTimer(static queue => ((RunQueue)queue!).GiveUpExpired(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsEmpty => _urgent.IsEmpty && _ordinary.IsEmpty;

    /// <summary>Rows of all calls that wait.</summary>
    public int Rows => Volatile.Read(ref _rows);

    public void Add(PendingRun run, bool urgent, long now)
    {
        Interlocked.Add(ref _rows, run.Rows);
        (urgent ? _urgent : _ordinary).Enqueue(run);
        if (run.Deadline < Volatile.Read(ref _due))
            Arm(run.Deadline, now);
    }

    /// <returns>The next that somebody still waits for and whose time is not over; null: none waits.</returns>
    public PendingRun? Take()
    {
        while (_urgent.TryDequeue(out var run) || _ordinary.TryDequeue(out run))
        {
            if (!run.TryTake())
                continue;
            Interlocked.Add(ref _rows, -run.Rows);
            var now = _time.GetTimestamp();
            if (run.Deadline <= now)
                run.Fail(new DeadlineException());
            else if (now - run.Since > _longEnoughToLeave && run.IsAbandoned)
                run.Fail(new OperationCanceledException("The caller has gone."));
            else
                return run;
        }

        return null;
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Those whose deadline passes while others' runs take all slots are told so in time.</summary>
    private void GiveUpExpired()
    {
        Interlocked.Exchange(ref _due, NotArmed);
        var now = _time.GetTimestamp();
        var next = NotArmed;
        foreach (var run in _urgent.Concat(_ordinary))
        {
            if (run.Deadline > now)
            {
                if (!run.WasGivenUp)
                    next = Math.Min(next, run.Deadline);
            }
            else if (run.TryGiveUp())
            {
                Interlocked.Add(ref _rows, -run.Rows);
                run.Fail(new DeadlineException());
            }
        }

        if (next < Volatile.Read(ref _due))
            Arm(next, now);
    }

    private void Arm(long deadline, long now)
    {
        Volatile.Write(ref _due, deadline);
        _timer.Change(TimeSpan.FromMilliseconds(1 + Math.Max(0, deadline - now) * 1000 / _time.TimestampFrequency), Timeout.InfiniteTimeSpan);
    }
}

namespace Serving.Node.Predict;

/// <summary>
/// One of the few places in which a model runs. Whoever took it runs one call at once, or schedules it to work on the queue until that is empty.
/// With batching it goes to the end of the thread pool's own queue between two batches, so that what has arrived is read before the next begins.
/// </summary>
internal sealed class RunLane : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Timers are no finer.</summary>
    private static readonly TimeSpan _shortestDelay = TimeSpan.FromMilliseconds(0.5);

    private readonly ModelRunner _runner;
    private readonly RunQueue _queue;
    private readonly RunSlot _slot;
    private readonly MicroBatcher _batcher;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private bool _delayed;

    public RunLane(ModelRunner runner, ServedModel model, RunQueue queue, TimeProvider time, IRunHold? hold)
    {
        _runner = runner;
        _queue = queue;
        _time = time;
        _slot = new RunSlot(model.NewPlace(), time, hold);
        _batcher = new MicroBatcher(model, queue, _slot, Counts, time);
        _timer = time.CreateTimer(static lane => ((RunLane)lane!).Schedule(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public RunCounts Counts { get; } = new();

    public bool IsTaken => _slot.IsTaken;

    public bool IsStuck => _slot.IsStuck;

    /// <summary>When the run under way began, timestamp of the time provider; 0: none is.</summary>
    public long Began => _slot.Began;

    public bool TryTake() => _slot.TryTake();

    public void RunAtOnce(ModelCall call, long deadline, IRunCaller? caller)
    {
        try
        {
            _slot.Run(call, deadline, caller);
            Counts.Add(BatchReason.Alone, call.Rows, 1, call.Ended - call.Started);
        }
        catch (TooLateException)
        {
            // The caller still holds the model as well.
            _slot.LetGo();
            throw;
        }
        finally
        {
            if (_queue.IsEmpty)
                GiveBack();
            else
                Schedule();
        }
    }

    public void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            var plan = _runner.Plan;
            if (!_batcher.Collect(plan, out var reason))
            {
                GiveBack();
                return;
            }

            if (reason == BatchReason.Waited && !_delayed && DelayFor(plan) is { } delay)
            {
                _delayed = true;
                _timer.Change(delay, Timeout.InfiniteTimeSpan);
                return;
            }

            if (!TryRun(_delayed && reason == BatchReason.Waited ? BatchReason.Delay : reason))
                return;
            if (plan.Batches)
            {
                if (_batcher.HoldsCall || !_queue.IsEmpty)
                    Schedule();
                else
                    GiveBack();
                return;
            }
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _slot.Dispose();
        _batcher.Dispose();
    }

    /// <returns>False: the run was given up, all its callers have been told, and this lane is free again.</returns>
    private bool TryRun(BatchReason reason)
    {
        _delayed = false;
        try
        {
            if (!_batcher.Run(reason))
                _runner.BatchNoMore();
            return true;
        }
        catch (TooLateException)
        {
            GiveBack();
            _slot.LetGo();
            return false;
        }
    }

    /// <returns>How long more rows are worth waiting for: as long as the release allows, when calls come faster than that and nobody is in a hurry.</returns>
    private TimeSpan? DelayFor(BatchPlan plan)
    {
        if (plan.MostDelay == 0)
            return null;
        var now = _time.GetTimestamp();
        var left = Math.Min(plan.MostDelay - (now - _batcher.Since), _batcher.Deadline - 2 * plan.TimeOf(_batcher.Rows) - now);
        var delay = TimeSpan.FromSeconds((double)left / _time.TimestampFrequency);
        return delay >= _shortestDelay && _runner.Pace.Gap < left ? delay : null;
    }

    private void GiveBack()
    {
        _slot.GiveBack();
        // A caller may have queued up after the last look.
        if (!_queue.IsEmpty && _slot.TryTake())
            Schedule();
    }
}

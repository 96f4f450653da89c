using Microsoft.ML.OnnxRuntime;

namespace Serving.Node.Predict;

/// <summary>
/// Runs one model for many callers: a few runs at a time, each ended when its deadline passes, so that a model that never ends
/// holds up only its own callers. A call that finds a slot free runs at once, on its caller's thread; where a batch is cheaper, that is so only
/// while it is the only one. Thread-safe. The caller sees to it that the model is not disposed of meanwhile.
/// </summary>
internal sealed class ModelRunner : IDisposable
{
    private readonly TimeProvider _time;
    private readonly RunQueue _queue;
    private readonly RunLane[] _lanes;
    private readonly ArrivalPace _pace;
    private volatile BatchPlan _plan;
    private int _inside;

    /// <param name="hold">Held by runs that do not end; null: the model outlives this object by itself.</param>
    public ModelRunner(ServedModel model, BatchPlan plan, TimeProvider time, int parallelRuns, IRunHold? hold = null)
    {
        _time = time;
        _plan = plan;
        _pace = new ArrivalPace();
        _queue = new RunQueue(time);
        _lanes = new RunLane[parallelRuns];
        for (var i = 0; i < parallelRuns; i++)
            _lanes[i] = new RunLane(this, model, _queue, time, hold);
    }

    public BatchPlan Plan => _plan;

    /// <summary>Rows that wait.</summary>
    public int Queued => _queue.Rows;

    /// <summary>Runs under way.</summary>
    public int Running => _lanes.Count(lane => lane.IsTaken);

    /// <summary>Runs that were given up and have not ended.</summary>
    public int Stuck => _lanes.Count(lane => lane.IsStuck);

    public ArrivalPace Pace => _pace;

    public IEnumerable<RunCounts> Counts => _lanes.Select(lane => lane.Counts);

    /// <param name="deadline">Timestamp of the time provider after which the run is ended.</param>
    /// <param name="urgent">Goes before all that wait and are not.</param>
    /// <param name="caller">Asked before a run that had to wait, and told when its run is stuck; null: always there.</param>
    /// <exception cref="DeadlineException">The deadline passed, in the queue or in the run.</exception>
    /// <exception cref="OverloadException">What waits already takes longer than this call has time.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    /// <exception cref="UnavailableException">The model cannot run now.</exception>
    /// <exception cref="TooLateException"><paramref name="caller"/> was told that its run is stuck.</exception>
    /// <exception cref="OnnxRuntimeException">The model failed on this input.</exception>
    public ValueTask RunAsync(ModelCall call, long deadline, bool urgent = false, IRunCaller? caller = null)
    {
        if (_plan.Batches)
            return BatchedAsync(call, deadline, urgent, caller);
        if (!_queue.IsEmpty || TakeIdle() is not { } lane)
            return WaitAsync(call, deadline, urgent, caller);
        lane.RunAtOnce(call, deadline, caller);
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        _queue.Dispose();
        foreach (var lane in _lanes)
            lane.Dispose();
    }

    /// <summary>The model turned out not to keep rows apart.</summary>
    public void BatchNoMore() => _plan = BatchPlan.Single;

    /// <summary>Time until the rows that wait have run, timestamps, as runs went lately.</summary>
    public long ExpectedWait()
    {
        long perRow = 0;
        foreach (var lane in _lanes)
            perRow = Math.Max(perRow, lane.Counts.PerRow);
        return _queue.Rows * perRow / _lanes.Length;
    }

    /// <returns>Runs under way that began before <paramref name="timestamp"/>.</returns>
    public int RunningSince(long timestamp)
    {
        var count = 0;
        foreach (var lane in _lanes)
            count += lane.Began is > 0 and var began && began < timestamp ? 1 : 0;
        return count;
    }

    private ValueTask BatchedAsync(ModelCall call, long deadline, bool urgent, IRunCaller? caller)
    {
        if (Interlocked.Increment(ref _inside) == 1 && TakeIdle() is { } lane)
        {
            try
            {
                lane.RunAtOnce(call, deadline, caller);
                return ValueTask.CompletedTask;
            }
            finally
            {
                Interlocked.Decrement(ref _inside);
            }
        }

        return InsideAsync(call, deadline, urgent, caller);
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask InsideAsync(ModelCall call, long deadline, bool urgent, IRunCaller? caller)
    {
        try
        {
            await WaitAsync(call, deadline, urgent, caller);
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    private ValueTask WaitAsync(ModelCall call, long deadline, bool urgent, IRunCaller? caller)
    {
        var now = _time.GetTimestamp();
        if (now + ExpectedWait() is var begin && begin > deadline)
            throw new OverloadException(TimeSpan.FromSeconds((double)(begin - now) / _time.TimestampFrequency));
        if (Array.TrueForAll(_lanes, static lane => lane.IsStuck))
            throw new UnavailableException("Every run this release may have is stuck.", wasRunning: false);
        if (_plan.MostDelay > 0)
            _pace.Came(now);

        var run = call.Turn;
        var done = run.Begin(deadline, now, caller);
        _queue.Add(run, urgent, now);
        // A slot given back between the failed look and the enqueue would otherwise lie idle beside a waiting caller.
        TakeIdle()?.Schedule();
        return done;
    }

    private RunLane? TakeIdle()
    {
        foreach (var lane in _lanes)
        {
            if (lane.TryTake())
                return lane;
        }

        return null;
    }
}

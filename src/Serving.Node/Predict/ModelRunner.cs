using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>
/// Runs one model for many callers: a few runs at a time, each ended when its deadline passes, so that a model that never ends
/// holds up only its own callers. Thread-safe. The caller sees to it that the model is not disposed of meanwhile.
/// </summary>
internal sealed class ModelRunner : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<TaskCompletionSource<RunSlot>> _waiting = new();
    private readonly RunSlot[] _slots;

    public ModelRunner(TimeProvider time, int parallelRuns)
    {
        _time = time;
        _slots = new RunSlot[parallelRuns];
        for (var i = 0; i < parallelRuns; i++)
            _slots[i] = new RunSlot(time);
    }

    /// <param name="deadline">Timestamp of the time provider after which the run is ended.</param>
    /// <exception cref="DeadlineException">The deadline passed, in the queue or in the run.</exception>
    /// <exception cref="OnnxRuntimeException">The model failed on this input.</exception>
    public ValueTask RunAsync(ModelCall call, long deadline)
    {
        if (TakeIdle() is not { } slot)
            return WaitAndRunAsync(call, deadline);
        RunIn(slot, call, deadline);
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    private async ValueTask WaitAndRunAsync(ModelCall call, long deadline) => RunIn(await WaitAsync(deadline), call, deadline);

    private void RunIn(RunSlot slot, ModelCall call, long deadline)
    {
        try
        {
            slot.Run(call, deadline);
        }
        finally
        {
            GiveBack(slot);
        }
    }

    private RunSlot? TakeIdle()
    {
        foreach (var slot in _slots)
        {
            if (slot.TryTake())
                return slot;
        }

        return null;
    }

    private async ValueTask<RunSlot> WaitAsync(long deadline)
    {
        var waiting = new TaskCompletionSource<RunSlot>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(waiting);
        // A slot given back between the failed look and the enqueue would otherwise lie idle beside a waiting caller.
        if (TakeIdle() is { } slot)
            GiveBack(slot);

        var left = TimeSpan.FromTicks(Math.Max(0, (deadline - _time.GetTimestamp()) * TimeSpan.TicksPerSecond / _time.TimestampFrequency));
        using var timer = _time.CreateTimer(static state => ((TaskCompletionSource<RunSlot>)state!).TrySetException(new DeadlineException()), waiting, left, Timeout.InfiniteTimeSpan);
        return await waiting.Task;
    }

    private void GiveBack(RunSlot slot)
    {
        while (true)
        {
            while (_waiting.TryDequeue(out var waiting))
            {
                if (waiting.TrySetResult(slot))
                    return;
            }

            slot.GiveBack();
            // A caller may have queued up after the last look.
            if (_waiting.IsEmpty || !slot.TryTake())
                return;
        }
    }
}

/// <summary>A request took longer than it may.</summary>
internal sealed class DeadlineException() : Exception("The deadline passed.");

using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Serving.Node.Tensors;

/// <summary>
/// Runs one model for many callers: a few runs at a time, each ended when its deadline passes, so that a model that never ends
/// holds up only its own callers. Thread-safe. The caller sees to it that the model is not disposed of meanwhile.
/// </summary>
internal sealed class ModelRunner : IDisposable
{
    private readonly OnnxModel _model;
    private readonly TimeProvider _time;
    private readonly ConcurrentStack<RunSlot> _idle = new();
    private readonly ConcurrentQueue<TaskCompletionSource<RunSlot>> _waiting = new();
    private readonly RunSlot[] _slots;

    public ModelRunner(OnnxModel model, TimeProvider time, int parallelRuns)
    {
        _model = model;
        _time = time;
        _slots = new RunSlot[parallelRuns];
        for (var i = 0; i < parallelRuns; i++)
            _idle.Push(_slots[i] = new RunSlot(time));
    }

    /// <param name="deadline">Timestamp of the time provider after which the run is ended.</param>
    /// <exception cref="DeadlineException">The deadline passed, in the queue or in the run.</exception>
    /// <exception cref="OnnxRuntimeException">The model failed on this input.</exception>
    public async ValueTask<IDisposableReadOnlyCollection<OrtValue>> RunAsync(InputTensors inputs, IReadOnlyCollection<string>? outputs, long deadline)
    {
        var slot = _idle.TryPop(out var idle) ? idle : await WaitAsync(deadline);
        try
        {
            return slot.Run(_model, inputs, outputs, deadline);
        }
        finally
        {
            GiveBack(slot);
        }
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    private async ValueTask<RunSlot> WaitAsync(long deadline)
    {
        var waiting = new TaskCompletionSource<RunSlot>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(waiting);
        // A slot given back between the failed pop and the enqueue would otherwise lie idle beside a waiting caller.
        if (_idle.TryPop(out var slot))
            GiveBack(slot);

        var left = TimeSpan.FromTicks(Math.Max(0, (deadline - _time.GetTimestamp()) * TimeSpan.TicksPerSecond / _time.TimestampFrequency));
        using var timer = _time.CreateTimer(static state => ((TaskCompletionSource<RunSlot>)state!).TrySetException(new DeadlineException()), waiting, left, Timeout.InfiniteTimeSpan);
        return await waiting.Task;
    }

    private void GiveBack(RunSlot slot)
    {
        while (_waiting.TryDequeue(out var waiting))
        {
            if (waiting.TrySetResult(slot))
                return;
        }

        _idle.Push(slot);
        // A caller may have queued up after the last look.
        if (!_waiting.IsEmpty && _idle.TryPop(out var again))
            GiveBack(again);
    }

    private sealed class RunSlot : IDisposable
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

        public RunSlot(TimeProvider time)
        {
            _time = time;
            _timer = time.CreateTimer(static slot => ((RunSlot)slot!).EndIfDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public IDisposableReadOnlyCollection<OrtValue> Run(OnnxModel model, InputTensors inputs, IReadOnlyCollection<string>? outputs, long deadline)
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
                return model.Run(_options, inputs, outputs);
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
}

/// <summary>A request took longer than it may.</summary>
internal sealed class DeadlineException() : Exception("The deadline passed.");

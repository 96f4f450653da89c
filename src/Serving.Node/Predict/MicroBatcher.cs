using Microsoft.ML.OnnxRuntime;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>
/// Puts calls together as one run and its answers apart again. It takes what waits and never waits itself, unless the release allows a delay.
/// One user at a time: whoever holds its slot.
/// </summary>
internal sealed class MicroBatcher(ServedModel model, RunQueue queue, RunSlot slot, RunCounts counts, TimeProvider time) : IRunCaller, IDisposable
{
    private readonly List<PendingRun> _taken = [];
    private PendingRun? _held;
    private ModelCall? _together;
    private int _rows;
    private int _next;
    private bool _isTogether;

    /// <summary>Each was asked for itself when it was taken.</summary>
    bool IRunCaller.HasGone => false;

    /// <summary>A call was taken from the queue that is still to be run.</summary>
    public bool HoldsCall => _held is not null || _taken.Count > 0;

    /// <summary>Fills the batch with what waits.</summary>
    /// <returns>False: nothing waits.</returns>
    public bool Collect(BatchPlan plan, out BatchReason reason)
    {
        reason = BatchReason.Waited;
        while (true)
        {
            var next = _held ?? queue.Take();
            _held = null;
            if (next is null)
                return _taken.Count > 0;
            if (_taken.Count > 0 && ReasonAgainst(next, plan) is { } against)
            {
                _held = next;
                reason = against;
                return true;
            }

            _taken.Add(next);
            _rows += next.Rows;
            if (_rows < plan.MostRows)
                continue;
            reason = _taken.Count == 1 ? BatchReason.Alone : BatchReason.Full;
            return true;
        }
    }

    /// <summary>Rows that were collected and have not run.</summary>
    public int Rows => _rows;

    /// <summary>When the first that was collected began to wait.</summary>
    public long Since => _taken.Count == 0 ? long.MaxValue : _taken[0].Since;

    /// <summary>The earliest of what was collected.</summary>
    public long Deadline => _taken.Count == 0 ? long.MaxValue : _taken.Min(run => run.Deadline);

    /// <summary>Runs what was collected; each caller gets its own answer, its own error.</summary>
    /// <returns>False: the model does not keep rows apart, and is not to be batched any more.</returns>
    /// <exception cref="TooLateException">A run was given up; all its callers were told, and those behind it.</exception>
    public bool Run(BatchReason reason)
    {
        var keepsApart = true;
        try
        {
            if (_taken.Count == 1)
                RunAlone(_taken[0], reason);
            else
                keepsApart = RunTogether(reason);
        }
        finally
        {
            _taken.Clear();
            (_rows, _next) = (0, 0);
        }

        return keepsApart;
    }

    /// <summary>The lane's own thread is inside the run meanwhile, so that what was collected belongs to this one.</summary>
    void IRunCaller.RunIsStuck()
    {
        if (!_isTogether)
            _taken[_next].Call.Lose();
        for (var i = _next; i < _taken.Count; i++)
            FailBehind(_taken[i]);
        if (_held is not null)
            FailBehind(_held);
        _held = null;
    }

    public void Dispose() => _together?.Dispose();

    private void FailBehind(PendingRun run) =>
        run.Fail(run.Deadline <= time.GetTimestamp() ? new DeadlineException() : new UnavailableException("The run before this one does not end.", wasRunning: true));

    private BatchReason? ReasonAgainst(PendingRun next, BatchPlan plan)
    {
        if (_rows + next.Rows > plan.MostRows)
            return BatchReason.Full;
        if (!FitsTogether(_taken[0].Call, next.Call))
            return BatchReason.Shape;
        // A batch is ended with its first deadline: who is in a hurry is not made to wait for others, nor the others run twice for it.
        var end = time.GetTimestamp() + 2 * plan.TimeOf(_rows + next.Rows);
        return end > next.Deadline || end > _taken[0].Deadline ? BatchReason.Deadline : null;
    }

    private static bool FitsTogether(ModelCall first, ModelCall other)
    {
        if (first.OverridesDefaults || other.OverridesDefaults)
            return false;
        var (rows, otherRows) = (first.Rows, other.Rows);
        for (var i = 0; i < first.Inputs.Length; i++)
        {
            var (a, b) = (first.Inputs[i], other.Inputs[i]);
            if (!a.IsBatched(rows) || !b.IsBatched(otherRows) || !a.Shape[1..].SequenceEqual(b.Shape[1..]))
                return false;
        }

        return true;
    }

    private bool RunTogether(BatchReason reason)
    {
        var call = _together ??= new ModelCall(model);
        var first = _taken[0].Call;
        try
        {
            for (var i = 0; i < call.Inputs.Length; i++)
                Gather(i, call.Inputs[i], first.Inputs[i]);
            var deadline = long.MaxValue;
            foreach (var run in _taken)
                deadline = Math.Min(deadline, run.Deadline);
            _isTogether = true;
            slot.Run(call, deadline, this);
        }
        catch (TooLateException)
        {
            call.Reset();
            throw;
        }
        catch (UnavailableException away)
        {
            call.Reset();
            foreach (var run in _taken)
                run.Fail(away);
            return true;
        }
        catch (Exception)
        {
            // One of them may be to blame, or in a hurry; by itself each gets what is its own.
            call.Reset();
            RunEachAlone();
            return true;
        }

        counts.Add(reason, _rows, _taken.Count, call.Ended - call.Started);
        if (!Array.TrueForAll(call.Outputs, output => output.IsBatched(_rows)))
        {
            call.Reset();
            RunEachAlone();
            return false;
        }

        Scatter(call);
        return true;
    }

    private void Gather(int index, TensorBuffer into, TensorBuffer first)
    {
        Span<long> shape = stackalloc long[first.Shape.Length];
        first.Shape.CopyTo(shape);
        shape[0] = _rows;
        into.Reshape(first.Type, shape);
        var row = 0;
        foreach (var run in _taken)
        {
            into.PutRows(row, run.Call.Inputs[index]);
            row += run.Rows;
        }
    }

    /// <summary>Nothing of this object is touched once the first caller knows: the last of them may dispose of it.</summary>
    private void Scatter(ModelCall call)
    {
        var (rows, runs) = (0, _taken.Count);
        foreach (var run in _taken)
        {
            for (var i = 0; i < call.Outputs.Length; i++)
                run.Call.Outputs[i].TakeRows(call.Outputs[i], rows, run.Rows);
            run.Call.Ran(call.Started, call.Ended, _rows);
            rows += run.Rows;
        }

        call.Reset();
        for (var i = 0; i < runs; i++)
            _taken[i].Succeed();
    }

    private void RunEachAlone()
    {
        for (; _next < _taken.Count; _next++)
            RunAlone(_taken[_next], BatchReason.Apart);
    }

    private void RunAlone(PendingRun run, BatchReason reason)
    {
        _isTogether = false;
        try
        {
            slot.Run(run.Call, run.Deadline, this);
            counts.Add(reason == BatchReason.Waited ? BatchReason.Alone : reason, run.Rows, 1, run.Call.Ended - run.Call.Started);
        }
        catch (TooLateException)
        {
            // Its caller has gone without it.
            run.Call.Dispose();
            throw;
        }
        catch (Exception failed)
        {
            run.Fail(failed);
            return;
        }

        run.Succeed();
    }
}

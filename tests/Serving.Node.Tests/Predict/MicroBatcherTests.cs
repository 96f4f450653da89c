using Microsoft.ML.OnnxRuntime;
using Serving.Node.Predict;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Predict;

/// <summary>What is put together, in which order, and who gets what.</summary>
public sealed class MicroBatcherTests : IDisposable
{
    private static readonly BatchPlan _eight = new(8, 0, []);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly RunCounts _counts = new();
    private readonly RunQueue _queue = new(TimeProvider.System);
    private RunSlot? _slot;

    [Fact]
    public async Task Everyone_gets_the_rows_that_are_its_own()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var calls = new[] { Call(model, 1), Call(model, 2, 3), Call(model, 4) };
        var done = calls.Select(call => Wait(call)).ToList();

        var reason = Next(batcher, _eight);

        Assert.Equal(BatchReason.Waited, reason);
        await Task.WhenAll(done);
        Assert.Equal([[2], [3, 4], [5]], calls.Select(Answer));
        Assert.All(calls, call => Assert.Equal(4, call.RowsTogether));
        Assert.Equal((1, 4, 3), (_counts.Runs(BatchReason.Waited), _counts.Rows, _counts.Calls));
    }

    [Fact]
    public async Task What_does_not_fit_any_more_begins_the_next_batch()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var calls = new[] { Call(model, 1, 2, 3), Call(model, 4, 5, 6), Call(model, 7, 8, 9) };
        var done = calls.Select(call => Wait(call)).ToList();

        Assert.Equal(BatchReason.Full, Next(batcher, _eight));
        Assert.False(done[2].IsCompleted);
        Assert.Equal(BatchReason.Waited, Next(batcher, _eight));

        await Task.WhenAll(done);
        Assert.Equal([[2, 3, 4], [5, 6, 7], [8, 9, 10]], calls.Select(Answer));
        Assert.Equal([6, 6, 3], calls.Select(call => call.RowsTogether));
    }

    [Fact]
    public async Task A_request_larger_than_a_batch_runs_by_itself()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var large = Call(model, [.. Enumerable.Range(0, 20).Select(i => (float)i)]);
        var done = Wait(large);

        Assert.Equal(BatchReason.Alone, Next(batcher, _eight));

        await done;
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (float)i), Answer(large));
    }

    [Fact]
    public async Task The_urgent_go_first()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var first = Wait(Call(model, 1));
        var urgent = Wait(Call(model, 2), urgent: true);

        Next(batcher, BatchPlan.Single);

        await urgent;
        Assert.False(first.IsCompleted);
        Next(batcher, BatchPlan.Single);
        await first;
    }

    [Fact]
    public async Task One_bad_row_fails_its_own_caller_only()
    {
        using var model = Loaded.Model(TinyModel.LookUp(10, 20, 30));
        using var batcher = Batcher(model);
        var calls = new[] { Index(model, 0), Index(model, 99), Index(model, 2) };
        var done = calls.Select(call => Wait(call)).ToList();

        Next(batcher, _eight);

        await done[0];
        await Assert.ThrowsAsync<OnnxRuntimeException>(() => done[1]);
        await done[2];
        Assert.Equal([10], Answer(calls[0]));
        Assert.Equal([30], Answer(calls[2]));
        Assert.Equal(2, _counts.Runs(BatchReason.Apart));
    }

    [Fact]
    public async Task Who_is_in_a_hurry_is_not_put_into_a_long_batch()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var slow = new BatchPlan(8, 0, [(1, 1), (8, 10 * _time.TimestampFrequency)]);
        var first = Wait(Call(model, 1));
        var second = Wait(Call(model, 2));

        Assert.Equal(BatchReason.Deadline, Next(batcher, slow));

        await first;
        Next(batcher, slow);
        await second;
    }

    [Fact]
    public async Task Who_has_waited_too_long_is_told_so_and_never_run()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var late = Wait(Call(model, 1), seconds: 0.02);

        await Assert.ThrowsAsync<DeadlineException>(() => late);

        Assert.False(batcher.Collect(_eight, out _));
        Assert.Equal(0, _queue.Rows);
    }

    [Fact]
    public async Task A_call_given_up_while_it_waited_may_wait_again()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var call = Call(model, 1);
        await Assert.ThrowsAsync<DeadlineException>(() => Wait(call, seconds: 0.02));
        var again = Wait(call);

        Next(batcher, _eight);

        await again;
        Assert.Equal(1, _counts.Calls);
    }

    [Fact]
    public async Task Who_has_gone_meanwhile_is_not_run()
    {
        using var model = Loaded.Model(TinyModel.Add(1));
        using var batcher = Batcher(model);
        var gone = Wait(Call(model, 1), caller: new Gone());
        var there = Wait(Call(model, 2));
        await Task.Delay(10, TestContext.Current.CancellationToken);

        Next(batcher, _eight);

        await Assert.ThrowsAsync<OperationCanceledException>(() => gone);
        await there;
        Assert.Equal(1, _counts.Calls);
    }

    [Fact]
    public async Task Text_and_labels_are_taken_apart_as_well()
    {
        var path = Path.Combine(Testing.Repository.Shared, "models", "odd", "zipmap_string.onnx");
        using var model = Loaded.Model(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        using var batcher = Batcher(model);
        ModelCall[] alone = [Row(model, 0), Row(model, 1), Row(model, 2)], together = [Row(model, 0), Row(model, 1), Row(model, 2)];
        foreach (var call in alone)
            _slot!.Run(call, long.MaxValue);
        var done = together.Select(call => Wait(call)).ToList();

        Next(batcher, _eight);

        await Task.WhenAll(done);
        for (var i = 0; i < alone.Length; i++)
        {
            foreach (var (one, batched) in alone[i].Outputs.Zip(together[i].Outputs))
            {
                Assert.Equal(one.Shape.ToArray(), batched.Shape.ToArray());
                Assert.Equal(one.Labels?.Utf8, batched.Labels?.Utf8);
                Assert.Equal(one.Raw.ToArray(), batched.Raw.ToArray());
            }
        }
    }

    public void Dispose()
    {
        _queue.Dispose();
        _slot?.Dispose();
    }

    private static ModelCall Call(OnnxModel model, params float[] x)
    {
        var call = model.Rent();
        call.Inputs[0].Reshape([x.Length, 1]);
        x.CopyTo(call.Inputs[0].Values<float>());
        return call;
    }

    private static ModelCall Row(OnnxModel model, int seed)
    {
        var call = model.Rent();
        call.Inputs[0].Reshape([1, model.Inputs[0].RowElements]);
        var values = call.Inputs[0].Values<float>();
        for (var i = 0; i < values.Length; i++)
            values[i] = (seed * 31 + i * 7) % 11 - 5;
        return call;
    }

    private static ModelCall Index(OnnxModel model, long x)
    {
        var call = model.Rent();
        call.Inputs[0].Reshape([1, 1]);
        call.Inputs[0].Values<long>()[0] = x;
        return call;
    }

    private static float[] Answer(ModelCall call) => call.Outputs[0].Values<float>().ToArray();

    private MicroBatcher Batcher(ServedModel model) => new(model, _queue, _slot = new RunSlot(model.NewPlace(), _time), _counts, _time);

    private Task Wait(ModelCall call, bool urgent = false, double seconds = 10, IRunCaller? caller = null)
    {
        var now = _time.GetTimestamp();
        var run = call.Turn;
        var done = run.Begin(now + (long)(seconds * _time.TimestampFrequency), now, caller).AsTask();
        _queue.Add(run, urgent, now);
        return done;
    }

    private static BatchReason Next(MicroBatcher batcher, BatchPlan plan)
    {
        Assert.True(batcher.Collect(plan, out var reason));
        Assert.True(batcher.Run(reason));
        return reason;
    }

    private sealed class Gone : IRunCaller
    {
        public bool HasGone => true;

        public void RunIsStuck()
        {
        }
    }
}

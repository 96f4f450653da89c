using Serving.Contracts.Models;
using Serving.Node.Predict;
using Serving.Node.Tensors;
using Testing;

namespace Serving.Node.Tests.Predict;

/// <summary>Runs that do not end when they are told to: who is told, what is held, and that the place comes back when the run ends after all.</summary>
public sealed class StuckRunTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task F65_Everyone_in_a_stuck_batch_and_behind_it_is_told_and_the_place_comes_back_when_it_ends()
    {
        using var model = new StubbornModel();
        var hold = new Hold();
        using var runner = new ModelRunner(model, new BatchPlan(8, 0, []), _time, parallelRuns: 1, hold);
        var first = Task.Run(() => runner.RunAsync(Call(model), In(10)).AsTask());
        await Eventually.TrueAsync(() => runner.Running == 1, _patience, "the lane is taken");
        ModelCall[] calls = [Call(model), Call(model), Call(model)];
        var batch = calls.Select(call => runner.RunAsync(call, In(0.4)).AsTask()).ToList();

        model.EndOne();
        await first;
        await Eventually.TrueAsync(() => runner.Stuck == 1, _patience, "the batch is stuck");
        foreach (var one in batch)
            await Assert.ThrowsAsync<DeadlineException>(() => one);
        var heldMeanwhile = hold.Count;
        await Assert.ThrowsAsync<UnavailableException>(() => runner.RunAsync(Call(model), In(10)).AsTask());
        model.EndOne();
        await Eventually.TrueAsync(() => runner is { Stuck: 0, Running: 0 } && hold.Count == 0, _patience, "the place is free and nothing held");
        var next = Task.Run(() => runner.RunAsync(Call(model), In(10)).AsTask());
        model.EndOne();
        await next;

        Assert.Equal(1, heldMeanwhile);
        Assert.All(calls, call => Assert.False(call.IsLost));
    }

    [Fact]
    public async Task F65_Memory_that_a_stuck_run_writes_to_is_not_used_again()
    {
        using var model = new StubbornModel();
        using var runner = new ModelRunner(model, BatchPlan.Single, _time, parallelRuns: 1, new Hold());
        var first = Task.Run(() => runner.RunAsync(Call(model), In(10)).AsTask());
        await Eventually.TrueAsync(() => runner.Running == 1, _patience, "the lane is taken");
        var call = Call(model);
        var stuck = runner.RunAsync(call, In(0.3)).AsTask();
        model.EndOne();
        await first;

        await Assert.ThrowsAsync<DeadlineException>(() => stuck);
        model.Return(call);

        Assert.True(call.IsLost);
        Assert.NotSame(call, model.Rent());
        model.EndOne();
        await Eventually.TrueAsync(() => runner.Stuck == 0, _patience, "it ended after all");
    }

    [Fact]
    public async Task F65_A_caller_whose_own_thread_is_in_the_run_is_told_once()
    {
        using var model = new StubbornModel();
        using var runner = new ModelRunner(model, BatchPlan.Single, _time, parallelRuns: 1, new Hold());
        var caller = new Caller();

        var run = Task.Run(() => runner.RunAsync(Call(model), In(0.2), urgent: false, caller).AsTask());
        await Eventually.TrueAsync(() => caller.Told == 1, _patience, "told");
        var before = run.IsCompleted;
        model.EndOne();

        await Assert.ThrowsAsync<TooLateException>(() => run);
        Assert.False(before);
        Assert.Equal(1, caller.Told);
    }

    private static ModelCall Call(StubbornModel model)
    {
        var call = model.Rent();
        call.Inputs[0].Reshape([1, 1]);
        return call;
    }

    private long In(double seconds) => _time.GetTimestamp() + (long)(seconds * _time.TimestampFrequency);

    /// <summary>Each run ends when the test says so, and not before.</summary>
    private sealed class StubbornModel() : ServedModel(
        new ModelSignature([new TensorSpec("x", "FP32", [-1, 1])], [new TensorSpec("y", "FP32", [-1, 1])]), [new TensorInput("x", Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, [-1, 1])], [], takesBatches: true)
    {
        private readonly SemaphoreSlim _ends = new(0);

        public void EndOne() => _ends.Release();

        public override RunPlace NewPlace() => new Place(_ends);

        protected override void Close() => _ends.Release(100);

        private sealed class Place(SemaphoreSlim ends) : RunPlace
        {
            public override void Run(ModelCall call)
            {
                ends.Wait();
                call.Outputs[0].Reshape([call.Rows, 1]);
            }

            public override void End()
            {
            }

            public override void Renew()
            {
            }

            public override bool TryLeave() => false;

            public override void Dispose()
            {
            }
        }
    }

    private sealed class Hold : IRunHold
    {
        public int Count;

        public bool TryAcquire() => Interlocked.Increment(ref Count) > 0;

        public void Release() => Interlocked.Decrement(ref Count);
    }

    private sealed class Caller : IRunCaller
    {
        public int Told;

        public bool HasGone => false;

        public void RunIsStuck() => Interlocked.Increment(ref Told);
    }
}

using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Predict;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Predict;

public sealed class BatchCurveTests
{
    private const long Second = 1_000_000;

    [Theory]
    [InlineData("a tree that costs a third a row in a batch", new[] { 30, 40, 60, 90 }, 8)]
    [InlineData("cheaper up to four rows, dearer from there", new[] { 100, 150, 200, 600 }, 4)]
    [InlineData("the same a row in any batch", new[] { 260, 520, 1040, 2080 }, 1)]
    [InlineData("batching loses", new[] { 390, 900, 2000, 4800 }, 1)]
    [InlineData("cheaper by less than the way through the queue costs", new[] { 3, 3, 3, 3 }, 1)]
    [InlineData("nothing but one row could be measured", new[] { 80_000 }, 1)]
    public void The_measured_costs_decide(string why, int[] microseconds, int expected)
    {
        var curve = microseconds.Select((time, i) => (1 << i, (long)time)).ToList();

        Assert.True(expected == BatchPlan.Of(curve, wanted: null, saving: 8, Second).MostRows, why);
    }

    [Fact]
    public void A_model_whose_rows_depend_on_each_other_is_never_batched()
    {
        using var model = Loaded.Model(TinyModel.MixesRows());

        Assert.False(BatchCurve.PlanOf(model, null, TimeProvider.System).Batches);
    }

    [Theory]
    [InlineData("odd/infinite_loop.onnx")]
    [InlineData("good/light_squeezenet.onnx")]
    public void A_model_that_cannot_be_batched_is_found_out_in_time(string file)
    {
        var path = Path.Combine(Repository.Shared, "models", file);
        Assert.SkipUnless(File.Exists(path), $"{file} is not there.");
        using var model = OnnxModel.Load(path, new RuntimeConfiguration());
        var began = TimeProvider.System.GetTimestamp();

        Assert.False(BatchCurve.PlanOf(model, null, TimeProvider.System).Batches);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_release_may_forbid_it()
    {
        using var model = OnnxModel.Load(Batchable, new RuntimeConfiguration());

        Assert.False(BatchCurve.PlanOf(model, new BatchingConfiguration(1, 0), TimeProvider.System).Batches);
        Assert.InRange(BatchCurve.PlanOf(model, new BatchingConfiguration(6, 0), TimeProvider.System).MostRows, 1, 6);
    }

    [Fact]
    public void What_a_probe_measured_counts_as_if_it_were_measured_here_up_to_the_rows_that_the_release_allows()
    {
        BatchCost[] costs = [new(1, 30_000), new(2, 40_000), new(4, 60_000), new(8, 90_000)];

        var plan = BatchCurve.PlanOf(costs, null, TimeProvider.System);

        Assert.Equal(8, plan.MostRows);
        Assert.Equal(30, TimeProvider.System.GetElapsedTime(0, plan.TimeOf(1)).TotalMicroseconds);
        Assert.Equal(4, BatchCurve.PlanOf(costs, new BatchingConfiguration(4, 0), TimeProvider.System).MostRows);
        Assert.Equal(BatchPlan.Single, BatchCurve.PlanOf([], null, TimeProvider.System));
    }

    [Fact]
    public async Task Many_callers_of_a_batched_model_get_what_they_would_get_alone()
    {
        const int Callers = 16;
        const int Each = 200;
        using var model = Loaded.Model(TinyModel.Add(1));
        using var runner = new ModelRunner(model, new BatchPlan(8, 0, []), TimeProvider.System, parallelRuns: 2);

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                var call = model.Rent();
                call.Inputs[0].Reshape([1 + i % 3, 1]);
                call.Inputs[0].Values<float>().Fill(caller * Each + i);
                await runner.RunAsync(call, TimeProvider.System.GetTimestamp() + 60 * TimeProvider.System.TimestampFrequency);
                Assert.All(call.Outputs[0].Values<float>().ToArray(), y => Assert.Equal(caller * Each + i + 1, y));
                model.Return(call);
            }
        })));

        Assert.Equal(Callers * Each, runner.Counts.Sum(lane => lane.Calls));
        Assert.Equal(0, runner.Queued);
    }

    [Fact]
    public async Task A_call_that_would_wait_longer_than_it_may_is_refused_at_once()
    {
        using var model = OnnxModel.Load(Path.Combine(Repository.Shared, "models", "odd", "infinite_loop.onnx"), new RuntimeConfiguration());
        using var runner = new ModelRunner(model, BatchPlan.Single, TimeProvider.System, parallelRuns: 1);
        var frequency = TimeProvider.System.TimestampFrequency;
        long In(double seconds) => TimeProvider.System.GetTimestamp() + (long)(seconds * frequency);
        ModelCall Call()
        {
            var call = model.Rent();
            Assert.True(SyntheticInput.Fill(call));
            return call;
        }

        // One run took 0.3 s until it was ended; it teaches nothing, since it did not answer. So the cost is taught by hand.
        runner.Counts.First().Add(BatchReason.Alone, 1, 1, frequency);
        var running = Task.Run(() => runner.RunAsync(Call(), In(1)).AsTask());
        await Eventually.TrueAsync(() => runner.Running == 1, TimeSpan.FromSeconds(5), "the model runs");
        var waiting = Enumerable.Range(0, 2).Select(_ => runner.RunAsync(Call(), In(2.5)).AsTask()).ToList();

        Assert.Throws<OverloadException>(() => runner.RunAsync(Call(), In(1.5)).AsTask().GetAwaiter().GetResult());
        await Assert.ThrowsAsync<DeadlineException>(() => running);
        foreach (var one in waiting)
            await Assert.ThrowsAsync<DeadlineException>(() => one);
    }

    private static string Batchable => Directory.GetFiles(Path.Combine(Repository.Shared, "models", "good"), "*.onnx", SearchOption.AllDirectories).First(path => path.Contains("lgbm", StringComparison.Ordinal));
}

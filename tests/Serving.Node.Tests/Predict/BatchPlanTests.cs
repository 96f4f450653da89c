using Serving.Node.Predict;

namespace Serving.Node.Tests.Predict;

public sealed class BatchPlanTests
{
    private const long Frequency = 1_000_000;

    [Theory]
    [InlineData(2, 2, 8)] // microseconds a run: places to spare
    [InlineData(99, 2, 8)]
    [InlineData(100, 2, 2)]
    [InlineData(10_000, 16, 16)]
    [InlineData(10_000, 1, 2)]
    public void Short_runs_have_places_to_spare_and_long_ones_as_many_as_there_are_cores(long oneRow, int cores, int expected)
    {
        var plan = BatchPlan.Of([(1, oneRow), (2, 2 * oneRow)], null, saving: 3, Frequency);

        Assert.False(plan.Batches);
        Assert.Equal(expected, plan.ParallelRuns(cores, Frequency));
    }

    [Fact]
    public void What_is_batched_or_was_not_measured_has_as_many_places_as_there_are_cores()
    {
        var batched = BatchPlan.Of([(1, 10), (2, 11), (4, 12)], null, saving: 3, Frequency);

        Assert.True(batched.Batches);
        Assert.Equal(4, batched.ParallelRuns(4, Frequency));
        Assert.Equal(4, BatchPlan.Single.ParallelRuns(4, Frequency));
    }
}

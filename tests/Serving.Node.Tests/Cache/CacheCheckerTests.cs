using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Cache;
using Serving.Node.Tensors;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Cache;

/// <summary>The correctness meter: what came from a cache is run again and compared.</summary>
public sealed class CacheCheckerTests
{
    private static readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task An_answer_that_comes_out_the_same_is_counted()
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", 1 << 20), _time);
        await arm.AskAsync(1);
        await arm.AskAsync(1);

        Assert.True(arm.Checks.TryTake(out var check));
        await new CacheChecker(arm.Checks, _time).RunAsync(check);

        Assert.Equal((1, 0), (arm.Counts.Rescored, arm.Counts.Mismatched));
        Assert.True((await arm.AskAsync(1)).IsHit);
    }

    [Fact]
    public async Task An_answer_of_a_model_that_is_no_function_of_its_inputs_is_found_out_and_not_given_again()
    {
        using var release = Loaded.Release(TinyModel.Noise(), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", 1 << 20), _time);
        await arm.AskAsync(1);
        await arm.AskAsync(1);

        Assert.True(arm.Checks.TryTake(out var check));
        await new CacheChecker(arm.Checks, _time).RunAsync(check);

        Assert.Equal((1, 1), (arm.Counts.Rescored, arm.Counts.Mismatched));
        Assert.False((await arm.AskAsync(1)).IsHit);
    }

    [Fact]
    public async Task A_release_that_has_gone_is_not_run()
    {
        var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", 1 << 20), _time);
        await arm.AskAsync(1);
        await arm.AskAsync(1);
        Assert.True(arm.Checks.TryTake(out var check));
        release.Retire();

        await new CacheChecker(arm.Checks, _time).RunAsync(check);

        Assert.Equal((0, 0), (arm.Counts.Rescored, arm.Counts.NotRescored));
    }

    [Theory]
    [InlineData(0.01, 60, 140)]
    [InlineData(0.5, 256, 256)]
    [InlineData(0, 0, 0)]
    public async Task The_share_that_is_asked_for_is_run_again_and_what_does_not_fit_is_left_out(double share, int least, int most)
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", 1 << 20), _time, checkShare: share);

        for (var i = 0; i <= 10_000; i++)
            await arm.AskAsync(1);
        var queued = 0;
        while (arm.Checks.TryTake(out _))
            queued++;

        Assert.InRange(queued, least, most);
        Assert.Equal(share > 0.1, arm.Counts.NotRescored > 0);
    }

    [Theory]
    [InlineData(1f, 1f, true)]
    [InlineData(1f, 1.00001f, true)]
    [InlineData(1f, 1.0001f, false)]
    [InlineData(0f, 1e-6f, true)]
    [InlineData(0f, 2e-6f, false)]
    [InlineData(float.NaN, float.NaN, true)]
    [InlineData(float.NaN, 1f, false)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, true)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity, false)]
    public void Floats_agree_to_a_millionth_and_a_hundred_thousandth_of_their_size(float one, float other, bool agree)
    {
        using var expected = new TensorBuffer("y", TensorElementType.Float);
        using var actual = new TensorBuffer("y", TensorElementType.Float);
        expected.Reshape([1]);
        actual.Reshape([1]);
        (expected.Values<float>()[0], actual.Values<float>()[0]) = (one, other);

        Assert.Equal(agree, Agreement.Of([expected], [actual]));
    }
}

using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Serving.Node.Cache;
using Serving.Node.Tensors;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Cache;

/// <summary>Answers that are kept: the same for the same inputs, nothing for any other, and never more than the memory they were given.</summary>
public sealed class PredictionCacheTests
{
    private const long Ample = 16 << 20;

    private static readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public void A_kept_answer_is_the_answer_of_a_run()
    {
        using var release = Loaded.Release(TinyModel.Add(1, width: 3), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", Ample), _time);

        Gen.Float.Array[1, 8].Sample(values => SaysTheSameTwice(arm, inputs =>
        {
            inputs[0].Reshape([values.Length, 3]);
            for (var i = 0; i < values.Length * 3; i++)
                inputs[0].Values<float>()[i] = values[i % values.Length];
        }), iter: 2_000, threads: 1);

        Assert.True(arm.Counts.Hits >= 2_000);
    }

    [Fact]
    public void A_kept_answer_of_text_is_the_answer_of_a_run()
    {
        using var release = Loaded.Release(TinyModel.Same(8, width: 2), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", Ample), _time);

        Gen.Select(Gen.String, Gen.String).Sample((one, other) => SaysTheSameTwice(arm, inputs =>
        {
            inputs[0].Reshape([1, 2]);
            inputs[0].AddText(one);
            inputs[0].AddText(other);
        }), iter: 1_000, threads: 1);
    }

    [Theory]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("", "a", "a", "")]
    public async Task Texts_that_are_alike_only_when_joined_are_different_inputs(string one, string other, string third, string fourth)
    {
        using var release = Loaded.Release(TinyModel.Same(8, width: 2), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", Ample), _time);

        await arm.AskAsync(Pair(one, other));

        Assert.False((await arm.AskAsync(Pair(third, fourth))).IsHit);
        Assert.True((await arm.AskAsync(Pair(one, other))).IsHit);

        static Action<TensorBuffer[]> Pair(string first, string second) => inputs =>
        {
            inputs[0].Reshape([1, 2]);
            inputs[0].AddText(first);
            inputs[0].AddText(second);
        };
    }

    [Fact]
    public async Task The_same_numbers_in_another_shape_are_other_inputs()
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", Ample), _time);

        await arm.AskAsync(0);
        var two = await arm.AskAsync(inputs => inputs[0].Reshape([2, 1]));

        Assert.False(two.IsHit);
    }

    [Fact]
    public void An_answer_with_the_hash_of_another_input_is_not_given()
    {
        var cache = new PredictionCache("fraud", Ample);
        cache.Put(new CachedAnswer(7, [1, 2, 3, 9], 3, 0, [], born: 10));

        Assert.Null(cache.Find(7, [1, 2, 4], oldest: 0));
        Assert.NotNull(cache.Find(7, [1, 2, 3], oldest: 0));
    }

    [Fact]
    public async Task An_answer_of_another_release_is_never_given()
    {
        using var first = Loaded.Release(TinyModel.Add(1), "rel-1");
        using var second = Loaded.Release(TinyModel.Add(2), "rel-2");
        var store = new PredictionCache("fraud", Ample);
        await new CachedArm(first, store, _time).AskAsync(1);

        var answer = await new CachedArm(second, store, _time).AskAsync(1);

        Assert.False(answer.IsHit);
        Assert.Equal(3f, BitConverter.ToSingle(answer.Outputs.AsSpan(^4..)));
    }

    [Fact]
    public async Task A_switch_under_load_never_brings_an_answer_of_the_other_release()
    {
        using var first = Loaded.Release(TinyModel.Add(1), "rel-1");
        using var second = Loaded.Release(TinyModel.Add(2), "rel-2");
        var store = new PredictionCache("fraud", Ample);
        (CachedArm Arm, float Adds)[] arms = [(new CachedArm(first, store, _time), 1), (new CachedArm(second, store, _time), 2)];
        var served = 0;
        var callers = Enumerable.Range(0, 4).Select(lane => Task.Run(async () =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                var (arm, adds) = arms[Volatile.Read(ref served)];
                var (outputs, _) = await arm.AskAsync(i % 50);
                Assert.Equal(i % 50 + adds, BitConverter.ToSingle(outputs.AsSpan(^4..)));
            }
        })).ToArray();

        for (var i = 0; callers.Any(caller => !caller.IsCompleted); i++)
        {
            Volatile.Write(ref served, i % 2);
            await Task.Yield();
        }

        await Task.WhenAll(callers);

        Assert.True(arms[0].Arm.Counts.Hits > 0 && arms[1].Arm.Counts.Hits > 0);
    }

    [Fact]
    public async Task An_answer_is_given_as_long_as_its_lifetime()
    {
        var time = new FakeTimeProvider();
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", Ample), time, TimeSpan.FromSeconds(30));

        await arm.AskAsync(1);
        time.Advance(TimeSpan.FromSeconds(30));
        var young = await arm.AskAsync(1);
        time.Advance(TimeSpan.FromMilliseconds(1));
        var old = await arm.AskAsync(1);
        var renewed = await arm.AskAsync(1);

        Assert.Equal((true, false, true), (young.IsHit, old.IsHit, renewed.IsHit));
    }

    [Fact]
    public async Task Memory_stays_within_its_bound_and_what_is_used_stays_longest()
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var store = new PredictionCache("fraud", 64 << 10);
        var arm = new CachedArm(release, store, _time);
        var popular = 0;

        for (var i = 0; i < 5_000; i++)
        {
            await arm.AskAsync(i + 10);
            popular += (await arm.AskAsync(1)).IsHit ? 1 : 0;
            Assert.InRange(store.Bytes, 1, 64 << 10);
        }

        Assert.Equal(4_999, popular);
        Assert.InRange(store.Evictions, 4_000, 5_001);
    }

    [Fact]
    public async Task An_answer_that_would_take_most_of_the_memory_is_not_kept()
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var store = new PredictionCache("fraud", 64 << 10);
        var arm = new CachedArm(release, store, _time);

        await arm.AskAsync(inputs => inputs[0].Reshape([2_000, 1]));

        Assert.Equal(0, store.Bytes);
    }

    [Fact]
    public async Task Many_at_once_get_their_own_answers_within_the_bound()
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var store = new PredictionCache("fraud", 64 << 10);
        var arm = new CachedArm(release, store, _time, checkShare: 0);

        await Parallel.ForEachAsync(Enumerable.Range(0, 8), async (lane, _) =>
        {
            for (var i = 0; i < 3_000; i++)
            {
                var value = (float)((i * (lane + 1)) % 400);
                var (outputs, _) = await arm.AskAsync(value);
                Assert.Equal(value + 1, BitConverter.ToSingle(outputs.AsSpan(^4..)));
            }
        });

        Assert.InRange(store.Bytes, 1, 64 << 10);
        Assert.Equal(24_000, arm.Counts.Hits + arm.Counts.Misses);
        Assert.True(arm.Counts.Hits > 0);
    }

    [Fact]
    public async Task A_hit_allocates_nothing()
    {
        using var release = Loaded.Release(TinyModel.Add(1, width: 3), "rel-1");
        var arm = new CachedArm(release, new PredictionCache("fraud", Ample), _time, checkShare: 0);
        await arm.AskAsync(1, 2, 3);
        var call = release.Model.Rent();
        call.Inputs[0].Reshape([1, 3]);
        ((ReadOnlySpan<float>)[1, 2, 3]).CopyTo(call.Inputs[0].Values<float>());
        Assert.NotNull(arm.Cache.Answer(call));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            arm.Cache.Given(arm.Cache.Answer(call)!);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        release.Model.Return(call);
        Assert.Equal(0, allocated);
    }

    private static bool SaysTheSameTwice(CachedArm arm, Action<TensorBuffer[]> fill)
    {
        var (run, _) = arm.AskAsync(fill).GetAwaiter().GetResult();
        var (kept, isHit) = arm.AskAsync(fill).GetAwaiter().GetResult();
        return isHit && run.AsSpan().SequenceEqual(kept);
    }
}

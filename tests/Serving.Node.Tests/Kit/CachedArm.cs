using Serving.Node.Cache;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Tests.Kit;

/// <summary>One arm's view of a cache in this process, and the calls that go through it.</summary>
internal sealed class CachedArm(LoadedRelease release, PredictionCache store, TimeProvider time, TimeSpan? lifetime = null, double checkShare = 1)
{
    public CacheCounts Counts { get; } = new();

    public CacheChecks Checks { get; } = new();

    public ArmCache Cache => field ??= new ArmCache(store, release, (long)((lifetime ?? TimeSpan.FromMinutes(5)).TotalSeconds * time.TimestampFrequency), checkShare, Counts, Checks, time);

    /// <summary>As a request is answered: from the cache, or by a run that is kept.</summary>
    /// <returns>The answer's bytes, and whether it was kept.</returns>
    public async Task<(byte[] Outputs, bool IsHit)> AskAsync(Action<TensorBuffer[]> fill)
    {
        var call = release.Model.Rent();
        try
        {
            fill(call.Inputs);
            var hit = Cache.Answer(call);
            if (hit is null)
            {
                await release.Runner.RunAsync(call, long.MaxValue);
                Cache.Keep(call);
            }
            else
            {
                Cache.Given(hit);
            }

            return (Outputs(call.Outputs), hit is not null);
        }
        finally
        {
            release.Model.Return(call);
        }
    }

    public Task<(byte[] Outputs, bool IsHit)> AskAsync(params float[] row) => AskAsync(inputs =>
    {
        inputs[0].Reshape([1, row.Length]);
        row.CopyTo(inputs[0].Values<float>());
    });

    private static byte[] Outputs(TensorBuffer[] outputs)
    {
        var bytes = new byte[TensorBytes.SizeOf(outputs)];
        TensorBytes.Write(outputs, bytes);
        return bytes;
    }
}

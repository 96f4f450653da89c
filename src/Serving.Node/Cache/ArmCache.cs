using System.IO.Hashing;
using System.Text;
using Serving.Node.Predict;
using Serving.Node.Versions;

namespace Serving.Node.Cache;

/// <summary>What one arm gives from a cache and keeps in it. The release is part of every key, so arms may share a cache and never an answer. Thread-safe.</summary>
/// <param name="lifetime">How long an answer may be given again, timestamps of the time provider.</param>
/// <param name="checkShare">Share of answers given again that are compared with a run, 0 to 1.</param>
internal sealed class ArmCache(PredictionCache store, LoadedRelease release, long lifetime, double checkShare, CacheCounts counts, CacheChecks checks, TimeProvider time)
{
    /// <summary>Inputs longer than this are not looked up: their hash costs what a run costs.</summary>
    private const int LongestKey = 1 << 20;

    private const int FirstKey = 4 << 10;

    [ThreadStatic]
    private static byte[]? _key;

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(release.Id);
    private readonly ulong _checkBelow = checkShare >= 1 ? ulong.MaxValue : (ulong)(Math.Max(0, checkShare) * ulong.MaxValue);
    private long _given;

    public PredictionCache Store => store;

    public CacheCounts Counts => counts;

    /// <summary>Sets the outputs of a call whose inputs are set, if their answer is kept.</summary>
    /// <returns>What was found, to be handed to <see cref="Given"/> once it is sent; null: the call has to be run.</returns>
    public CachedAnswer? Answer(ModelCall call)
    {
        var began = time.GetTimestamp();
        if (KeyOf(call, out var hash) is { IsEmpty: false } key && store.Find(hash, key, began - lifetime) is { } found)
        {
            found.CopyTo(call.Outputs);
            counts.Hit(time.GetTimestamp() - began);
            return found;
        }

        counts.Missed(time.GetTimestamp() - began);
        return null;
    }

    /// <summary>Keeps the answer of a call that was run, unless it is too large to be worth it. Never fails.</summary>
    public void Keep(ModelCall call)
    {
        var began = time.GetTimestamp();
        var key = KeyOf(call, out var hash);
        var size = key.Length + TensorBytes.SizeOf(call.Outputs);
        if (key.IsEmpty || size > Math.Min(store.LargestAnswer, Array.MaxLength))
            return;
        try
        {
            var bytes = GC.AllocateUninitializedArray<byte>((int)size);
            key.CopyTo(bytes);
            TensorBytes.Write(call.Outputs, bytes.AsSpan(key.Length));
            store.Put(new CachedAnswer(hash, bytes, key.Length, _prefix.Length, Array.ConvertAll(call.Outputs, output => output.Labels), began));
        }
        catch (OutOfMemoryException)
        {
            // The answer itself is there; the next one like it is run again.
        }

        counts.Kept(time.GetTimestamp() - began);
    }

    /// <summary>An answer of <see cref="Answer"/> has been sent: now and then one is run again.</summary>
    public void Given(CachedAnswer answer)
    {
        if (_checkBelow > 0 && Mix((ulong)Interlocked.Increment(ref _given)) <= _checkBelow && !checks.TryAdd(new CacheCheck(release, answer, this)))
            counts.LeftOut();
    }

    /// <returns>Release and inputs, until this thread asks again; empty: too long.</returns>
    private ReadOnlySpan<byte> KeyOf(ModelCall call, out UInt128 hash)
    {
        hash = default;
        var size = _prefix.Length + TensorBytes.SizeOf(call.AllInputs);
        if (size > LongestKey)
            return default;
        if (_key is null || _key.Length < size)
            _key = new byte[Math.Max(FirstKey, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)size))];
        var key = _key.AsSpan(0, (int)size);
        _prefix.CopyTo(key);
        TensorBytes.Write(call.AllInputs, key[_prefix.Length..]);
        hash = XxHash128.HashToUInt128(key);
        return key;
    }

    /// <summary>Spreads numbers that follow each other over all 64 bits, so that a share of them is a fair draw (SplitMix64).</summary>
    private static ulong Mix(ulong value)
    {
        value *= 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

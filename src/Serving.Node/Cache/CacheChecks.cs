using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Serving.Node.Versions;

namespace Serving.Node.Cache;

/// <summary>Answers from caches that wait to be run again. Bounded: what does not fit is left out. Thread-safe.</summary>
internal sealed class CacheChecks
{
    private const int Most = 256;

    private readonly Channel<CacheCheck> _waiting = Channel.CreateBounded<CacheCheck>(new BoundedChannelOptions(Most) { SingleReader = true });

    public bool TryAdd(in CacheCheck check) => _waiting.Writer.TryWrite(check);

    public bool TryTake([NotNullWhen(true)] out CacheCheck check) => _waiting.Reader.TryRead(out check);

    /// <summary>As they come, until <paramref name="cancel"/>.</summary>
    public IAsyncEnumerable<CacheCheck> TakeAllAsync(CancellationToken cancel) => _waiting.Reader.ReadAllAsync(cancel);
}

/// <param name="Release">Not held: it may be gone by the time of the run.</param>
internal readonly record struct CacheCheck(LoadedRelease Release, CachedAnswer Answer, ArmCache From);

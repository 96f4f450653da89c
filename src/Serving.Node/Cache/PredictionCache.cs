using System.Collections.Concurrent;

namespace Serving.Node.Cache;

/// <summary>
/// Answers by the exact bytes of their inputs, up to a number of bytes. What has not been used since it was last looked at goes first, the oldest before
/// the newest (second chance). Reading takes no lock and allocates nothing; thread-safe.
/// </summary>
/// <param name="endpoint">Whose it is; empty: every endpoint's.</param>
internal sealed class PredictionCache(string endpoint, long maxBytes)
{
    /// <summary>No answer takes more than this share of all.</summary>
    private const int LeastAnswers = 8;

    private const int MostChances = 64;

    private readonly ConcurrentDictionary<UInt128, CachedAnswer> _answers = new();
    private readonly ConcurrentQueue<CachedAnswer> _order = new();
    private long _maxBytes = maxBytes;
    private long _bytes;
    private long _evictions;

    public string Endpoint => endpoint;

    public long MaxBytes
    {
        get => Volatile.Read(ref _maxBytes);
        set => Volatile.Write(ref _maxBytes, value);
    }

    /// <summary>What the answers take, their inputs included.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Answers thrown out to make room since the start.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    public long LargestAnswer => MaxBytes / LeastAnswers;

    /// <param name="oldest">Timestamp: what was made before is not given any more.</param>
    public CachedAnswer? Find(UInt128 hash, ReadOnlySpan<byte> key, long oldest)
    {
        // Two inputs may share a hash; no two share their bytes.
        if (!_answers.TryGetValue(hash, out var found) || found.Born < oldest || !key.SequenceEqual(found.Key))
            return null;
        // Written only when it changes: a popular answer would otherwise be passed from core to core.
        if (!found.WasUsed)
            found.WasUsed = true;
        return found;
    }

    /// <summary>Keeps an answer, in place of an older one for the same inputs.</summary>
    public void Put(CachedAnswer answer)
    {
        if (answer.Size > LargestAnswer)
            return;
        _answers[answer.Hash] = answer;
        Interlocked.Add(ref _bytes, answer.Size);
        _order.Enqueue(answer);
        MakeRoom();
    }

    public void Remove(CachedAnswer answer) => _answers.TryRemove(new KeyValuePair<UInt128, CachedAnswer>(answer.Hash, answer));

    private void MakeRoom()
    {
        for (var chances = MostChances; Bytes > MaxBytes && _order.TryDequeue(out var answer);)
        {
            if (answer.WasUsed && chances-- > 0 && _answers.TryGetValue(answer.Hash, out var kept) && ReferenceEquals(kept, answer))
            {
                answer.WasUsed = false;
                _order.Enqueue(answer);
                continue;
            }

            // One that was replaced or removed has left the table already; its bytes are free only now.
            if (_answers.TryRemove(new KeyValuePair<UInt128, CachedAnswer>(answer.Hash, answer)))
                Interlocked.Increment(ref _evictions);
            Interlocked.Add(ref _bytes, -answer.Size);
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Serving.Contracts.State;
using Serving.Node.Receive;

namespace Serving.Node.Log;

/// <summary>
/// Where answers are written down. Never blocks, allocates nothing while the writer keeps up, and never fails a request: what does not fit is dropped and counted. Thread-safe.
/// </summary>
/// <remarks>
/// A record goes into the chunk of the core it is written on; whoever finds that one in use takes another. Two exchanges of a reference a request,
/// where a queue of records took that and a second way through memory for each.
/// </remarks>
internal sealed class PredictionLog
{
    private const string SampleSalt = "log";
    private const long MostWaiting = 64 << 20;
    private const int MostIdle = 256;
    private const int MostRowsOfARequest = 1_000;

    private readonly TimeProvider _time;
    private readonly Slot[] _slots;
    private readonly ConcurrentQueue<LogChunk> _full = new();
    private readonly ConcurrentQueue<LogChunk> _idle = new();

    // The wall's clock is asked a few times a second, not for every request.
    private long _origin;
    private long _waiting;
    private int _isComplete;
    private long _dropped;
    private long _droppedSegments;

    public PredictionLog(TimeProvider time)
    {
        _time = time;
        _slots = new Slot[2 * Environment.ProcessorCount];
        _origin = OriginNow();
    }

    /// <summary>Rows lost since the start: the queue or the disk was full, or one request had too many.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Sealed segments removed unsent since the start.</summary>
    public long DroppedSegments => Volatile.Read(ref _droppedSegments);

    public void CountDropped(long rows) => Interlocked.Add(ref _dropped, rows);

    public void CountDroppedSegments(long segments) => Interlocked.Add(ref _droppedSegments, segments);

    /// <param name="prediction">The watched number of each row; NaN where there is none.</param>
    public void Answered(Exchange exchange, ReadOnlySpan<double> prediction, ReadOnlySpan<double> confidence)
    {
        var rows = Math.Min(exchange.Rows, MostRowsOfARequest);
        Write(exchange, rows, StatusCodes.Status200OK, null, prediction, confidence);
        if (exchange.Rows > rows)
            CountDropped(exchange.Rows - rows);
    }

    public void Failed(Exchange exchange, int status, string code) => Write(exchange, 1, status, code, default, default);

    /// <summary>The next chunk to be written to disk, which goes back by <see cref="GiveBack"/>. One caller at a time.</summary>
    /// <param name="visited">0 at first; then as this left it. Each slot is emptied once, so that an end comes whatever is written meanwhile.</param>
    public bool TryTake(ref int visited, [NotNullWhen(true)] out LogChunk? chunk)
    {
        if (visited == 0)
            Volatile.Write(ref _origin, OriginNow());
        if (_full.TryDequeue(out chunk))
        {
            Interlocked.Add(ref _waiting, -chunk.Length);
            return true;
        }

        while (visited < _slots.Length)
        {
            chunk = Interlocked.Exchange(ref _slots[visited++].Chunk, null);
            if (chunk is { Length: > 0 })
                return true;
            if (chunk is not null)
                GiveBack(chunk);
        }

        return false;
    }

    public void GiveBack(LogChunk chunk)
    {
        chunk.Clear();
        if (_idle.Count < MostIdle)
            _idle.Enqueue(chunk);
    }

    /// <summary>No more rows: the process ends.</summary>
    public void Complete() => Interlocked.Exchange(ref _isComplete, 1);

    private void Write(Exchange exchange, int rows, int status, string? error, ReadOnlySpan<double> prediction, ReadOnlySpan<double> confidence)
    {
        if (!IsSampled(exchange))
            return;
        if (Volatile.Read(ref _isComplete) == 1 || Volatile.Read(ref _waiting) > MostWaiting)
        {
            CountDropped(rows);
            return;
        }

        var chunk = Take(out var slot);
        chunk.Define(exchange.Arm.LogHead);
        var begin = chunk.Begin(FrameKind.Record);
        var isWhole = false;
        try
        {
            RecordWriter.WriteHead(chunk, exchange, TimesOf(exchange), status, error, rows);
            if (error is null)
                RecordWriter.WriteValues(chunk, exchange, rows, prediction, confidence);
            chunk.End(begin, rows);
            isWhole = true;
        }
        finally
        {
            if (!isWhole)
                chunk.TakeBack(begin);
            Put(chunk, slot);
        }
    }

    private RecordTimes TimesOf(Exchange exchange)
    {
        var now = _time.GetTimestamp();
        var ran = exchange.Ran == 0 ? now : exchange.Ran;
        var done = exchange.Done == 0 ? now : exchange.Done;
        var at = Volatile.Read(ref _origin) + _time.GetElapsedTime(0, exchange.Began).Ticks;
        return new RecordTimes(at / TimeSpan.TicksPerMicrosecond, Microseconds(exchange.Began, ran), Microseconds(ran, done), Microseconds(exchange.Began, now));
    }

    /// <summary>When the time provider's timestamps began, ticks since the Unix epoch.</summary>
    private long OriginNow() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch - _time.GetElapsedTime(0)).Ticks;

    private LogChunk Take(out int slot)
    {
        var first = Thread.GetCurrentProcessorId();
        for (var i = 0; i < _slots.Length; i++)
        {
            slot = (int)((uint)(first + i) % (uint)_slots.Length);
            if (Interlocked.Exchange(ref _slots[slot].Chunk, null) is { } chunk)
                return chunk;
        }

        slot = (int)((uint)first % (uint)_slots.Length);
        return _idle.TryDequeue(out var idle) ? idle : new LogChunk();
    }

    private void Put(LogChunk chunk, int slot)
    {
        if (chunk.Length < LogChunk.Full && Interlocked.CompareExchange(ref _slots[slot].Chunk, chunk, null) is null)
            return;
        Interlocked.Add(ref _waiting, chunk.Length);
        _full.Enqueue(chunk);
    }

    private int Microseconds(long from, long to) => (int)Math.Min(int.MaxValue, (long)_time.GetElapsedTime(from, to).TotalMicroseconds);

    /// <summary>By unit, never by request: all of a unit's requests are logged, or none.</summary>
    private static bool IsSampled(Exchange exchange) =>
        exchange.Endpoint.State.Logging.Sample switch
        {
            >= 1 => true,
            <= 0 => false,
            var share => Bucket.Of(SampleSalt, exchange.Unit ?? exchange.RequestId) < share * Bucket.Count,
        };

    /// <summary>Far enough apart that two cores do not wait for one line of memory.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Slot
    {
        [FieldOffset(0)]
        public LogChunk? Chunk;
    }
}

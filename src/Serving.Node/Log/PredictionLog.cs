using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Serving.Contracts.State;
using Serving.Node.Receive;

namespace Serving.Node.Log;

/// <summary>
/// Where answers are written down. Never blocks, allocates nothing while the writer keeps up, and never fails a request: what does not fit is dropped and counted. Thread-safe.
/// </summary>
internal sealed class PredictionLog(TimeProvider time)
{
    private const string SampleSalt = "log";
    private const int MostRecords = 16_384;
    private const long MostBytes = 64 << 20;
    private const int MostRowsOfARequest = 1_000;

    private readonly ConcurrentQueue<LogRecord> _queued = new();
    private readonly ConcurrentQueue<LogRecord> _idle = new();
    private int _records;
    private long _bytes;
    private int _isComplete;
    private long _dropped;
    private long _droppedSegments;

    /// <summary>Rows lost since the start: the queue or the disk was full, or one request had too many.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Sealed segments removed unsent since the start.</summary>
    public long DroppedSegments => Volatile.Read(ref _droppedSegments);

    /// <summary>Records that wait to be written.</summary>
    public int Queued => Volatile.Read(ref _records);

    public void CountDropped(long rows) => Interlocked.Add(ref _dropped, rows);

    public void CountDroppedSegments(long segments) => Interlocked.Add(ref _droppedSegments, segments);

    /// <param name="prediction">The watched number of each row; NaN where there is none.</param>
    public void Answered(Exchange exchange, ReadOnlySpan<double> prediction, ReadOnlySpan<double> confidence)
    {
        if (!IsSampled(exchange))
            return;
        var rows = Math.Min(exchange.Rows, MostRowsOfARequest);
        if (Begin(exchange, rows, StatusCodes.Status200OK, null) is { } record)
        {
            RecordWriter.WriteValues(record, exchange, prediction, confidence);
            Put(record);
        }

        if (exchange.Rows > rows)
            CountDropped(exchange.Rows - rows);
    }

    public void Failed(Exchange exchange, int status, string code)
    {
        if (IsSampled(exchange) && Begin(exchange, 1, status, code) is { } record)
            Put(record);
    }

    /// <summary>The next record to be written. One reader; <see cref="GiveBack"/> follows.</summary>
    public bool TryTake([NotNullWhen(true)] out LogRecord? record)
    {
        if (!_queued.TryDequeue(out record))
            return false;
        Interlocked.Add(ref _bytes, -record.Length);
        Interlocked.Decrement(ref _records);
        return true;
    }

    public void GiveBack(LogRecord record)
    {
        record.Reset();
        if (_idle.Count < MostRecords / 8)
            _idle.Enqueue(record);
    }

    /// <summary>No more rows: the process ends.</summary>
    public void Complete() => Interlocked.Exchange(ref _isComplete, 1);

    private LogRecord? Begin(Exchange exchange, int rows, int status, string? error)
    {
        if (Volatile.Read(ref _isComplete) == 1 || Volatile.Read(ref _bytes) > MostBytes)
        {
            CountDropped(rows);
            return null;
        }

        if (Interlocked.Increment(ref _records) > MostRecords)
        {
            Interlocked.Decrement(ref _records);
            CountDropped(rows);
            return null;
        }

        var record = _idle.TryDequeue(out var idle) ? idle : new LogRecord();
        var now = time.GetTimestamp();
        var total = time.GetElapsedTime(exchange.Began, now);
        var at = (time.GetUtcNow() - total - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var ran = exchange.Ran == 0 ? now : exchange.Ran;
        var done = exchange.Done == 0 ? now : exchange.Done;
        RecordWriter.WriteHead(record, exchange, at, status, error, Microseconds(exchange.Began, ran), Microseconds(ran, done), (long)total.TotalMicroseconds, rows);
        return record;
    }

    private void Put(LogRecord record)
    {
        Interlocked.Add(ref _bytes, record.Length);
        _queued.Enqueue(record);
    }

    private long Microseconds(long from, long to) => (long)time.GetElapsedTime(from, to).TotalMicroseconds;

    /// <summary>By unit, never by request: all of a unit's requests are logged, or none.</summary>
    private static bool IsSampled(Exchange exchange) =>
        exchange.Endpoint.State.Logging.Sample switch
        {
            >= 1 => true,
            <= 0 => false,
            var share => Bucket.Of(SampleSalt, exchange.Unit ?? exchange.RequestId) < share * Bucket.Count,
        };
}

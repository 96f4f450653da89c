using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Serving.Contracts.State;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>
/// Where answers are written down. Never blocks and never fails a request: what does not fit is dropped and counted. Thread-safe.
/// </summary>
internal sealed class PredictionLog
{
    private const string SampleSalt = "log";
    private const int Capacity = 16_384;
    private const int MostRowsOfARequest = 1_000;

    private readonly Channel<LogRow> _rows = Channel.CreateBounded<LogRow>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private long _dropped;
    private long _droppedSegments;

    /// <summary>Rows lost since the start: the queue or the disk was full, or one request had too many.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Sealed segments removed unsent since the start.</summary>
    public long DroppedSegments => Volatile.Read(ref _droppedSegments);

    public ChannelReader<LogRow> Rows => _rows.Reader;

    public void CountDropped(long rows) => Interlocked.Add(ref _dropped, rows);

    public void CountDroppedSegments(long segments) => Interlocked.Add(ref _droppedSegments, segments);

    /// <param name="outputs">In the order they were asked for.</param>
    /// <param name="prediction">The watched number of each row.</param>
    /// <param name="ran">When the run was handed to the model.</param>
    /// <param name="done">When the model had answered.</param>
    public void Answered(
        RoutedRequest request, InputTensors inputs, OutputColumn[] outputs, Dictionary<string, string>? entities,
        ReadOnlySpan<double> prediction, ReadOnlySpan<double> confidence, long ran, long done, TimeProvider time)
    {
        if (!IsSampled(request))
            return;

        var fields = request.Endpoint.State.Logging.Fields;
        var whole = RowOf(request, StatusCodes.Status200OK, null, ran, done, time);
        var rows = Math.Min(inputs.Rows, MostRowsOfARequest);
        for (var row = 0; row < rows; row++)
        {
            var values = new List<LogValue>(inputs.Inputs.Length + outputs.Length + (entities?.Count ?? 0));
            LogValues.AddEntities(values, entities, fields);
            LogValues.AddInputs(values, inputs, row, fields);
            LogValues.AddOutputs(values, outputs, row, inputs.Rows);
            Put(row == 0
                ? whole with { Values = values, Prediction = Finite(prediction, row), Confidence = Finite(confidence, row) }
                : whole with { Row = row, Values = values, Prediction = Finite(prediction, row), Confidence = Finite(confidence, row) });
        }

        if (inputs.Rows > rows)
            CountDropped(inputs.Rows - rows);
    }

    public void Failed(RoutedRequest request, int status, string code, TimeProvider time)
    {
        var now = time.GetTimestamp();
        if (IsSampled(request))
            Put(RowOf(request, status, code, now, now, time));
    }

    /// <summary>No more rows: the process ends.</summary>
    public void Complete() => _rows.Writer.TryComplete();

    /// <summary>32 hex digits that stand for an id which is not to be in the log itself.</summary>
    public static string HashOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16));

    private void Put(LogRow row)
    {
        if (!_rows.Writer.TryWrite(row))
            CountDropped(1);
    }

    private static double? Finite(ReadOnlySpan<double> values, int row) =>
        row < values.Length && double.IsFinite(values[row]) ? values[row] : null;

    private static LogRow RowOf(RoutedRequest request, int status, string? error, long ran, long done, TimeProvider time)
    {
        var release = request.Arm.Release;
        var now = time.GetTimestamp();
        var total = time.GetElapsedTime(request.Began, now);
        return new LogRow
        {
            RequestId = request.RequestId,
            At = time.GetUtcNow() - total,
            Endpoint = request.Endpoint.Name,
            Release = release.Id,
            Model = release.State.Model,
            Version = release.State.Version,
            Arm = request.Arm.Name,
            Unit = request.Unit is null ? null : HashOf(request.Unit),
            Protocol = request.Protocol == Protocol.Native ? "native" : "oip",
            Status = status,
            Error = error,
            QueueUs = (long)time.GetElapsedTime(request.Began, ran).TotalMicroseconds,
            ModelUs = (long)time.GetElapsedTime(ran, done).TotalMicroseconds,
            TotalUs = (long)total.TotalMicroseconds,
            SampleRate = request.Endpoint.State.Logging.Sample,
        };
    }

    /// <summary>By unit, never by request: all of a unit's requests are logged, or none.</summary>
    private static bool IsSampled(RoutedRequest request) =>
        request.Endpoint.State.Logging.Sample switch
        {
            >= 1 => true,
            <= 0 => false,
            var share => Bucket.Of(SampleSalt, request.Unit ?? request.RequestId) < share * Bucket.Count,
        };
}

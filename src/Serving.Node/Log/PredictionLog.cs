using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts.State;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>
/// Where answers are written down. Never blocks and never fails a request: what does not fit is dropped and counted. Thread-safe.
/// </summary>
internal sealed class PredictionLog
{
    private const string SampleSalt = "log";
    private const int Capacity = 8_192;
    private const int MostRowsOfARequest = 1_000;

    private readonly Channel<LogRow> _rows = Channel.CreateBounded<LogRow>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private long _dropped;

    /// <summary>Rows lost since the start: the channel, the disk or the outbox was full.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    public ChannelReader<LogRow> Rows => _rows.Reader;

    public void CountDropped(long rows) => Interlocked.Add(ref _dropped, rows);

    public void Answered(
        RoutedRequest request, InputTensors inputs, IReadOnlyList<string> outputNames, IReadOnlyCollection<OrtValue> outputs,
        Dictionary<string, string>? entities, long ran, long done, TimeProvider time)
    {
        if (!IsSampled(request))
            return;

        var columns = OutputColumn.Of(outputNames, outputs);
        var rows = Math.Min(inputs.Rows, MostRowsOfARequest);
        for (var row = 0; row < rows; row++)
        {
            var values = new List<LogValue>(inputs.Inputs.Length + columns.Length);
            LogValues.AddInputs(values, inputs, row, request.Endpoint.State.Logging.Fields);
            LogValues.AddOutputs(values, columns, row, inputs.Rows);
            foreach (var (type, _) in entities ?? [])
                values.Add(new LogValue("e." + type, Text: HashOf(entities![type])));
            Put(RowOf(request, row, StatusCodes.Status200OK, null, ran, done, time) with { Values = values });
        }

        if (inputs.Rows > rows)
            CountDropped(inputs.Rows - rows);
    }

    public void Failed(RoutedRequest request, int status, string code, TimeProvider time)
    {
        var now = time.GetTimestamp();
        if (IsSampled(request))
            Put(RowOf(request, 0, status, code, now, now, time));
    }

    public void Complete() => _rows.Writer.TryComplete();

    private void Put(LogRow row)
    {
        if (!_rows.Writer.TryWrite(row))
            CountDropped(1);
    }

    private static LogRow RowOf(RoutedRequest request, int row, int status, string? error, long ran, long done, TimeProvider time)
    {
        var release = request.Arm.Release;
        return new LogRow
        {
            RequestId = request.RequestId,
            At = time.GetUtcNow() - time.GetElapsedTime(request.Began),
            Row = row,
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
            TotalUs = (long)time.GetElapsedTime(request.Began).TotalMicroseconds,
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

    private static string HashOf(string unit) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(unit)).AsSpan(0, 16));
}

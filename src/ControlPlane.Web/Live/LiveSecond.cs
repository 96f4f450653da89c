using ControlPlane.Data;
using ControlPlane.Domain.Statistics;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Live;

/// <summary>What one series counted in one second or longer, all nodes together. Latencies are kept as they go over the wire: tens of bytes, not kilobytes.</summary>
/// <param name="At">Unix seconds.</param>
internal sealed record LiveSecond(
    long At, long Requests = 0, long Errors = 0, long Timeouts = 0, long Invalid = 0, long Refused = 0, int InFlight = 0, ReadOnlyMemory<byte> Latency = default, Moments? Prediction = null)
{
    public LiveSecond Plus(FrameSeries series) => Plus(series.Requests, series.Errors, series.Timeouts, series.Invalid, series.Refused, series.InFlight, series.Latency, series.Prediction);

    public LiveSecond Plus(LiveSecond other) => Plus(other.Requests, other.Errors, other.Timeouts, other.Invalid, other.Refused, other.InFlight, other.Latency, other.Prediction);

    public MetricWindow ToWindow(SeriesKey key, string instance) => new()
    {
        Environment = key.Environment, Endpoint = key.Endpoint, Release = key.Release, Arm = key.Arm, At = DateTimeOffset.FromUnixTimeSeconds(At), Instance = instance,
        Requests = Requests, Errors = Errors, Timeouts = Timeouts, Invalid = Invalid, Refused = Refused, Latency = Latency.ToArray(),
        Predictions = Prediction?.Count ?? 0, PredictionMean = Prediction?.Mean ?? 0, PredictionM2 = Prediction?.M2 ?? 0,
    };

    private LiveSecond Plus(long requests, long errors, long timeouts, long invalid, long refused, int inFlight, ReadOnlyMemory<byte> latency, Moments? prediction) => new(
        At, Requests + requests, Errors + errors, Timeouts + timeouts, Invalid + invalid, Refused + refused, InFlight + inFlight, Merged(Latency, latency),
        prediction is null ? Prediction : (Prediction ?? Sums.None).Plus(prediction));

    private static ReadOnlyMemory<byte> Merged(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other)
    {
        if (other.IsEmpty)
            return one;

        var sum = new LatencyHistogram();
        // What a node sent and is no histogram adds nothing.
        if (!sum.TryMerge(other.Span))
            return one;
        if (one.IsEmpty)
            return other;
        sum.TryMerge(one.Span);
        return sum.ToBytes();
    }
}

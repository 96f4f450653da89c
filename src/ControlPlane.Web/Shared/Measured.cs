using ControlPlane.Web.Live;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Shared;

/// <summary>What was measured of one arm of an endpoint in one stretch of time, summed over nodes.</summary>
public sealed class Measured(DateTimeOffset at, string release, string arm)
{
    public DateTimeOffset At { get; } = at;

    public string Release { get; } = release;

    public string Arm { get; } = arm;

    public long Requests { get; private set; }

    /// <summary>Answers 5xx and 504.</summary>
    public long Errors { get; private set; }

    /// <summary>Refused with 429.</summary>
    public long Refused { get; private set; }

    public LatencyHistogram Latency { get; } = new();

    public void Add(long requests, long errors, long refused, ReadOnlySpan<byte> latency)
    {
        Requests += requests;
        Errors += errors;
        Refused += refused;
        Latency.TryMerge(latency);
    }

    internal static Measured Of(string release, string arm, LiveSecond second)
    {
        var part = new Measured(DateTimeOffset.FromUnixTimeSeconds(second.At), release, arm) { Requests = second.Requests, Errors = second.Errors + second.Timeouts, Refused = second.Refused };
        part.Latency.TryMerge(second.Latency.Span);
        return part;
    }

    public void Add(Measured other)
    {
        Requests += other.Requests;
        Errors += other.Errors;
        Refused += other.Refused;
        Latency.Merge(other.Latency);
    }

    /// <returns>Milliseconds; null when nothing was measured.</returns>
    public double? QuantileMs(double quantile) => Latency.Quantile(quantile) / 1000;
}

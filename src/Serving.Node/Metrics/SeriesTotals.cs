using Serving.Contracts.Reports;
using Serving.Node.Cache;

namespace Serving.Node.Metrics;

/// <summary>The same numbers since the start of the process, for <c>/metrics</c>. Written by one caller, read by others a moment old.</summary>
internal sealed class SeriesTotals(string endpoint, string release, string model, string version, string arm)
{
    private readonly Lock _lock = new();
    private readonly LatencyHistogram _latency = new();

    public string Endpoint => endpoint;

    public string Release => release;

    public string Version => version;

    public CacheCounts Cache { get; } = new();

    public string Labels { get; } =
        $"endpoint=\"{Escape(endpoint)}\",release=\"{Escape(release)}\",model=\"{Escape(model)}\",version=\"{Escape(version)}\",arm=\"{Escape(arm)}\"";

    public long Requests { get; private set; }

    public long Errors { get; private set; }

    public long Timeouts { get; private set; }

    public long Invalid { get; private set; }

    public long Refused { get; private set; }

    public long Rows { get; private set; }

    /// <summary>Of the requests, those answered from a cache.</summary>
    public long Cached { get; private set; }

    public long CachedRows { get; private set; }

    /// <summary>Sum of all durations.</summary>
    public double Seconds { get; private set; }

    public Phases Phases { get; private set; }

    /// <summary>UTC; null: no request yet.</summary>
    public DateTimeOffset? LastUse { get; set; }

    public void Add(FrameSeries series, LatencyHistogram latency, long microseconds, Phases phases, long cached, long cachedRows)
    {
        lock (_lock)
        {
            Requests += series.Requests;
            Errors += series.Errors;
            Timeouts += series.Timeouts;
            Invalid += series.Invalid;
            Refused += series.Refused;
            Rows += series.Rows;
            Phases += phases;
            Cached += cached;
            CachedRows += cachedRows;
            Seconds += microseconds / 1e6;
            _latency.Merge(latency);
        }
    }

    /// <summary>Number of requests that took no longer than each limit, seconds.</summary>
    public long[] CountsUpTo(ReadOnlySpan<double> limits)
    {
        var counts = new long[limits.Length];
        lock (_lock)
        {
            for (var i = 0; i < limits.Length; i++)
                counts[i] = _latency.Count - (long)Math.Round(_latency.ShareAbove((long)(limits[i] * 1e6)) * _latency.Count);
        }

        return counts;
    }

    private static string Escape(string label) =>
        label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}

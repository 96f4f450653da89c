using System.Globalization;
using System.Text;
using Serving.Node.Log;
using Serving.Node.Versions;

namespace Serving.Node.Metrics;

/// <summary>The series of this process in the text format that Prometheus scrapes.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly double[] _limits = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    public static string Write(SeriesRegistry registry, PredictionLog log, ServingSnapshot snapshot, TimeProvider time)
    {
        var text = new StringBuilder();
        SeriesTotals[] all = [.. registry.Totals.OrderBy(series => series.Labels, StringComparer.Ordinal)];
        Counter(text, "serving_requests_total", "Answered requests, errors included, refusals not.", all, series => series.Requests);
        Counter(text, "serving_errors_total", "Requests answered 5xx other than 504.", all, series => series.Errors);
        Counter(text, "serving_timeouts_total", "Requests answered 504.", all, series => series.Timeouts);
        Counter(text, "serving_invalid_total", "Requests answered 4xx other than 429.", all, series => series.Invalid);
        Counter(text, "serving_refused_total", "Requests answered 429.", all, series => series.Refused);
        Counter(text, "serving_rows_total", "Rows predicted.", all, series => series.Rows);
        Latency(text, all);
        AliasText.Write(text, all, time);
        BatchingText.Write(text, snapshot);
        CacheText.Write(text, all, snapshot);
        IsolationText.Write(text, snapshot);
        Single(text, "serving_unknown_endpoint_total", "counter", "Requests for endpoints this node does not serve.", registry.Unknown);
        Single(text, "serving_log_dropped_total", "counter", "Prediction log rows dropped: the queue or the disk was full.", log.Dropped);
        Single(text, "serving_log_segments_dropped_total", "counter", "Sealed segments removed unsent: the outbox was full.", log.DroppedSegments);
        Single(text, "serving_applied_revision", "gauge", "Revision of the desired state that is served.", snapshot.Revision);
        Single(text, "process_resident_memory_bytes", "gauge", "Physical memory of this process.", Environment.WorkingSet);
        Single(text, "node_allocated_bytes_total", "counter", "Bytes this process has allocated, collected ones included.", GC.GetTotalAllocatedBytes());
        return text.ToString();
    }

    private static void Counter(StringBuilder text, string name, string help, SeriesTotals[] all, Func<SeriesTotals, long> value)
    {
        Head(text, name, "counter", help);
        foreach (var series in all)
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{series.Labels}}} {value(series)}\n");
    }

    private static void Latency(StringBuilder text, SeriesTotals[] all)
    {
        const string Name = "serving_request_duration_seconds";
        Head(text, Name, "histogram", "Whole requests in this node.");
        foreach (var series in all)
        {
            var counts = series.CountsUpTo(_limits);
            for (var i = 0; i < _limits.Length; i++)
                text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{{series.Labels},le=\"{_limits[i]}\"}} {counts[i]}\n");
            text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{{series.Labels},le=\"+Inf\"}} {series.Requests}\n");
            text.Append(CultureInfo.InvariantCulture, $"{Name}_sum{{{series.Labels}}} {series.Seconds}\n");
            text.Append(CultureInfo.InvariantCulture, $"{Name}_count{{{series.Labels}}} {series.Requests}\n");
        }
    }

    private static void Single(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
}

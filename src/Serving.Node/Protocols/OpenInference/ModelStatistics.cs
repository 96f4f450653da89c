using System.Text.Json;
using Serving.Node.Metrics;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>
/// What a version of an endpoint did since the process began, all arms together; up to a second old. Runs are told for the release,
/// which several endpoints may share.
/// </summary>
internal sealed record ModelStatistics(string Endpoint, string Version, DateTimeOffset? LastUse, long Successes, long Failures, long Rows, long Runs, double SuccessSeconds, Phases Phases,
    long Cached, long CacheHits, long CacheHitTime, long CacheMisses, long CacheMissTime)
{
    /// <param name="model">Null: all endpoints.</param>
    /// <param name="version">Null: all versions.</param>
    public static IReadOnlyList<ModelStatistics> Of(ServingSnapshot snapshot, SeriesRegistry registry, string? model, string? version) =>
    [
        .. registry.Totals
            .Where(series => snapshot.Endpoints.ContainsKey(series.Endpoint) && (model is null || series.Endpoint == model) && (version is null || series.Version == version))
            .GroupBy(series => (series.Endpoint, series.Version))
            .OrderBy(group => group.Key.Endpoint, StringComparer.Ordinal).ThenBy(group => group.Key.Version, StringComparer.Ordinal)
            .Select(group => Of(snapshot, group.Key.Endpoint, group.Key.Version, [.. group])),
    ];

    public static void WriteMembers(Utf8JsonWriter json, IReadOnlyList<ModelStatistics> all, TimeProvider time)
    {
        json.WriteStartArray("model_stats"u8);
        foreach (var one in all)
            one.Write(json, time);
        json.WriteEndArray();
    }

    public Wire.ModelStatistics ToMessage(TimeProvider time)
    {
        return new Wire.ModelStatistics
        {
            Name = Endpoint,
            Version = Version,
            LastInference = (ulong)(LastUse?.ToUnixTimeMilliseconds() ?? 0),
            InferenceCount = (ulong)Rows,
            ExecutionCount = (ulong)Runs,
            InferenceStats = new Wire.InferStatistics
            {
                Success = Duration(Successes, (long)(SuccessSeconds * 1e9)),
                Fail = Duration(Failures, 0),
                Queue = Duration(Successes - Cached, Nanoseconds(Phases.Queue, time)),
                ComputeInput = Duration(Successes - Cached, Nanoseconds(Phases.Input, time)),
                ComputeInfer = Duration(Successes - Cached, Nanoseconds(Phases.Infer, time)),
                ComputeOutput = Duration(Successes - Cached, Nanoseconds(Phases.Output, time)),
                CacheHit = Duration(CacheHits, Nanoseconds(CacheHitTime, time)),
                CacheMiss = Duration(CacheMisses, Nanoseconds(CacheMissTime, time)),
            },
        };

        static Wire.StatisticDuration Duration(long count, long nanoseconds) => new() { Count = (ulong)count, Ns = (ulong)nanoseconds };
    }

    private static long Nanoseconds(long timestamps, TimeProvider time) => (long)(timestamps * (1e9 / time.TimestampFrequency));

    private static ModelStatistics Of(ServingSnapshot snapshot, string endpoint, string version, SeriesTotals[] series)
    {
        var failures = series.Sum(one => one.Errors + one.Timeouts + one.Invalid);
        var releases = series.Select(one => one.Release).Distinct(StringComparer.Ordinal);
        var runs = releases.Sum(id => snapshot.Releases.TryGetValue(id, out var release) ? release.Runner.Counts.Sum(lane => lane.Runs()) : 0);
        return new ModelStatistics(endpoint, version, series.Max(one => one.LastUse), series.Sum(one => one.Requests) - failures, failures,
            series.Sum(one => one.Rows - one.CachedRows), runs, series.Sum(one => one.Seconds), series.Aggregate(default(Phases), (sum, one) => sum + one.Phases),
            series.Sum(one => one.Cached), series.Sum(one => one.Cache.Hits), series.Sum(one => one.Cache.HitTime), series.Sum(one => one.Cache.Misses), series.Sum(one => one.Cache.MissTime));
    }

    private void Write(Utf8JsonWriter json, TimeProvider time)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, Endpoint);
        json.WriteString("version"u8, Version);
        json.WriteNumber("last_inference"u8, LastUse?.ToUnixTimeMilliseconds() ?? 0);
        json.WriteNumber("inference_count"u8, Rows);
        json.WriteNumber("execution_count"u8, Runs);
        json.WriteStartObject("inference_stats"u8);
        Duration("success"u8, Successes, (long)(SuccessSeconds * 1e9));
        Duration("fail"u8, Failures, 0);
        Duration("queue"u8, Successes - Cached, Nanoseconds(Phases.Queue, time));
        Duration("compute_input"u8, Successes - Cached, Nanoseconds(Phases.Input, time));
        Duration("compute_infer"u8, Successes - Cached, Nanoseconds(Phases.Infer, time));
        Duration("compute_output"u8, Successes - Cached, Nanoseconds(Phases.Output, time));
        Duration("cache_hit"u8, CacheHits, Nanoseconds(CacheHitTime, time));
        Duration("cache_miss"u8, CacheMisses, Nanoseconds(CacheMissTime, time));
        json.WriteEndObject();
        json.WriteStartObject("response_stats"u8);
        json.WriteEndObject();
        json.WriteStartArray("batch_stats"u8);
        json.WriteEndArray();
        json.WriteStartArray("memory_usage"u8);
        json.WriteEndArray();
        json.WriteEndObject();

        void Duration(ReadOnlySpan<byte> name, long count, long nanoseconds)
        {
            json.WriteStartObject(name);
            json.WriteNumber("count"u8, count);
            json.WriteNumber("ns"u8, nanoseconds);
            json.WriteEndObject();
        }
    }
}

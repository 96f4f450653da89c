using System.Globalization;
using System.Text;
using Serving.Node.Cache;
using Serving.Node.Versions;

namespace Serving.Node.Metrics;

/// <summary>What the caches did, in the text format that Prometheus scrapes.</summary>
internal static class CacheText
{
    public static void Write(StringBuilder text, SeriesTotals[] all, ServingSnapshot snapshot)
    {
        Each(text, all, "serving_cache_hits_total", "Requests answered from a cache.", cache => cache.Hits);
        Each(text, all, "serving_cache_misses_total", "Requests looked up in a cache and run.", cache => cache.Misses);
        Each(text, all, "serving_cache_rescored_total", "Answers from a cache that were run again and compared.", cache => cache.Rescored);
        Each(text, all, "serving_cache_mismatched_total", "Of those, the ones that came out otherwise.", cache => cache.Mismatched);
        Each(text, all, "serving_cache_not_rescored_total", "Answers chosen to be run again for which there was no time.", cache => cache.NotRescored);
        var stores = snapshot.Endpoints.Values.SelectMany(endpoint => endpoint.Arms).Select(arm => arm.Cache?.Store).OfType<PredictionCache>().Distinct()
            .OrderBy(store => store.Endpoint, StringComparer.Ordinal).ToList();
        Each(text, stores, "serving_cache_evictions_total", "counter", "Answers thrown out to make room.", store => store.Evictions);
        Each(text, stores, "serving_cache_bytes", "gauge", "Memory that answers take, their inputs included.", store => store.Bytes);
    }

    private static void Each(StringBuilder text, SeriesTotals[] all, string name, string help, Func<CacheCounts, long> value)
    {
        Head(text, name, "counter", help);
        foreach (var series in all)
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{series.Labels}}} {value(series.Cache)}\n");
    }

    private static void Each(StringBuilder text, List<PredictionCache> stores, string name, string type, string help, Func<PredictionCache, long> value)
    {
        Head(text, name, type, help);
        foreach (var store in stores)
            text.Append(CultureInfo.InvariantCulture, $"{name}{{cache=\"{(store.Endpoint.Length == 0 ? "embeddings" : "endpoint")}\",endpoint=\"{store.Endpoint}\"}} {value(store)}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
}

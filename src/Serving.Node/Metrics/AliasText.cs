using System.Globalization;
using System.Text;

namespace Serving.Node.Metrics;

/// <summary>The same numbers under the names that dashboards of Triton and TorchServe ask for; their model is the endpoint.</summary>
internal static class AliasText
{
    public static void Write(StringBuilder text, SeriesTotals[] all, TimeProvider time)
    {
        var versions = all.GroupBy(series => (series.Endpoint, series.Version)).Select(group => new Version(group.Key.Endpoint, group.Key.Version, [.. group])).ToList();
        Each(text, versions, "nv_inference_request_success", "Requests answered with a prediction.", version => version.Sum(series => series.Requests - series.Errors - series.Timeouts - series.Invalid));
        Failures(text, versions);
        Each(text, versions, "nv_inference_count", "Rows predicted, those from a cache left out.", version => version.Sum(series => series.Rows - series.CachedRows));
        Each(text, versions, "nv_inference_request_duration_us", "Whole requests, microseconds.", version => (long)(version.Series.Sum(series => series.Seconds) * 1e6));
        Each(text, versions, "nv_inference_compute_input_duration_us", "Receiving and reading, microseconds.", version => Microseconds(version.Sum(series => series.Phases.Input)));
        Each(text, versions, "nv_inference_queue_duration_us", "Waiting for a run, microseconds.", version => Microseconds(version.Sum(series => series.Phases.Queue)));
        Each(text, versions, "nv_inference_compute_infer_duration_us", "In the model, microseconds.", version => Microseconds(version.Sum(series => series.Phases.Infer)));
        Each(text, versions, "nv_inference_compute_output_duration_us", "Writing and sending, microseconds.", version => Microseconds(version.Sum(series => series.Phases.Output)));
        Each(text, versions, "nv_cache_num_hits_per_model", "Requests answered from a cache.", version => version.Sum(series => series.Cache.Hits));
        Each(text, versions, "nv_cache_num_misses_per_model", "Requests looked up in a cache and run.", version => version.Sum(series => series.Cache.Misses));
        Each(text, versions, "ts_inference_requests_total", "Requests.", version => version.Sum(series => series.Requests), torchServe: true);
        Each(text, versions, "ts_inference_latency_microseconds", "In the model, microseconds.", version => Microseconds(version.Sum(series => series.Phases.Infer)), torchServe: true);
        Each(text, versions, "ts_queue_latency_microseconds", "Waiting for a run, microseconds.", version => Microseconds(version.Sum(series => series.Phases.Queue)), torchServe: true);

        long Microseconds(long timestamps) => (long)(timestamps * (1e6 / time.TimestampFrequency));
    }

    private static void Failures(StringBuilder text, List<Version> versions)
    {
        const string Name = "nv_inference_request_failure";
        Head(text, Name, "Requests without a prediction.");
        foreach (var version in versions)
        {
            var labels = $"model=\"{version.Endpoint}\",version=\"{version.Number}\"";
            text.Append(CultureInfo.InvariantCulture, $"{Name}{{{labels},reason=\"REJECTED\"}} {version.Sum(series => series.Refused)}\n");
            text.Append(CultureInfo.InvariantCulture, $"{Name}{{{labels},reason=\"BACKEND\"}} {version.Sum(series => series.Errors + series.Timeouts)}\n");
            text.Append(CultureInfo.InvariantCulture, $"{Name}{{{labels},reason=\"OTHER\"}} {version.Sum(series => series.Invalid)}\n");
        }
    }

    private static void Each(StringBuilder text, List<Version> versions, string name, string help, Func<Version, long> value, bool torchServe = false)
    {
        Head(text, name, help);
        var (model, number) = torchServe ? ("model_name", "model_version") : ("model", "version");
        foreach (var version in versions)
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{model}=\"{version.Endpoint}\",{number}=\"{version.Number}\"}} {value(version)}\n");
    }

    private static void Head(StringBuilder text, string name, string help) => text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(" counter\n");

    private sealed record Version(string Endpoint, string Number, SeriesTotals[] Series)
    {
        public long Sum(Func<SeriesTotals, long> of) => Series.Sum(of);
    }
}

using System.Globalization;
using System.Text;
using Serving.Node.Predict;
using Serving.Node.Versions;

namespace Serving.Node.Metrics;

/// <summary>How the releases in memory run, in the text format that Prometheus scrapes. A release's counters begin anew when it is loaded again.</summary>
internal static class BatchingText
{
    public static void Write(StringBuilder text, ServingSnapshot snapshot)
    {
        var releases = snapshot.Releases.Values.OrderBy(release => release.Id, StringComparer.Ordinal).ToList();
        Head(text, "serving_batches_total", "counter", "Runs of the model, by why they began with the rows they had.");
        foreach (var release in releases)
        {
            foreach (var reason in Enum.GetValues<BatchReason>())
                text.Append(CultureInfo.InvariantCulture, $"serving_batches_total{{{LabelsOf(release)},reason=\"{reason.ToString().ToLowerInvariant()}\"}} {release.Runner.Counts.Sum(lane => lane.Runs(reason))}\n");
        }

        Each(text, releases, "serving_batch_rows_total", "counter", "Rows of those runs.", release => release.Runner.Counts.Sum(lane => Volatile.Read(ref lane.Rows)));
        Each(text, releases, "serving_batch_requests_total", "counter", "Requests of those runs.", release => release.Runner.Counts.Sum(lane => Volatile.Read(ref lane.Calls)));
        Each(text, releases, "serving_queued_rows", "gauge", "Rows that wait for a run.", release => release.Runner.Queued);
        Each(text, releases, "serving_runs_under_way", "gauge", "Runs of the model at this moment.", release => release.Runner.Running);
        Each(text, releases, "serving_batch_most_rows", "gauge", "Rows that are put together at most, by the release's setting and the model's measured costs; 1: never.", release => release.Runner.Plan.MostRows);
    }

    private static void Each(StringBuilder text, List<LoadedRelease> releases, string name, string type, string help, Func<LoadedRelease, long> value)
    {
        Head(text, name, type, help);
        foreach (var release in releases)
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{LabelsOf(release)}}} {value(release)}\n");
    }

    private static string LabelsOf(LoadedRelease release) => $"model=\"{release.State.Model}\",version=\"{release.State.Version}\",release=\"{release.Id}\"";

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
}

using System.Globalization;
using System.Text;
using Serving.Node.Versions;
using Serving.Node.Workers;

namespace Serving.Node.Metrics;

/// <summary>Runs that do not end, and the processes that releases have of their own, in the text format that Prometheus scrapes.</summary>
internal static class IsolationText
{
    public static void Write(StringBuilder text, ServingSnapshot snapshot)
    {
        var releases = snapshot.Releases.Values.OrderBy(release => release.Id, StringComparer.Ordinal).ToList();
        Each(text, releases, "serving_stuck_runs", "gauge", "Runs that did not end with their deadline; each keeps one of its release's places.", release => release.Runner.Stuck);
        List<LoadedRelease> isolated = [.. releases.Where(release => release.Model is WorkerModel)];
        if (isolated.Count == 0)
            return;
        Each(text, isolated, "serving_worker_crashes_total", "counter", "Crashes of the release's own process, hangs included.", release => Of(release).Counts.Crashes);
        Each(text, isolated, "serving_worker_hangs_total", "counter", "Runs in it that did not end when they were told to.", release => Of(release).Counts.Hangs);
        Each(text, isolated, "serving_worker_recycled_total", "counter", "Times it was replaced because of its memory.", release => Of(release).Counts.Recycled);
        Each(text, isolated, "serving_worker_restarts_total", "counter", "Times it was started again.", release => Of(release).Counts.Restarts);
        Each(text, isolated, "serving_worker_memory_bytes", "gauge", "Physical memory of it.", release => release.Model.MemoryBytes);
    }

    private static WorkerModel Of(LoadedRelease release) => (WorkerModel)release.Model;

    private static void Each(StringBuilder text, List<LoadedRelease> releases, string name, string type, string help, Func<LoadedRelease, long> value)
    {
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        foreach (var release in releases)
            text.Append(CultureInfo.InvariantCulture, $"{name}{{model=\"{release.State.Model}\",version=\"{release.State.Version}\",release=\"{release.Id}\"}} {value(release)}\n");
    }
}

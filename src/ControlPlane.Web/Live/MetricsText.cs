using System.Globalization;
using System.Text;
using ControlPlane.Data;
using ControlPlane.Data.Lake;
using ControlPlane.Web.Effects;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Live;

/// <summary>What this process knows in numbers, in the text format that Prometheus scrapes.</summary>
internal sealed class MetricsText(IDbContextFactory<ControlPlaneDb> factory, Frames frames, NodeReports reports, Lake lake, EffectRunner effects)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public async Task<string> WriteAsync(CancellationToken cancel)
    {
        var text = new StringBuilder();
        var totals = frames.Totals();
        Series(text, "controlplane_endpoint_requests_total", "Answered requests as nodes reported them to this process, errors included, refusals not.", totals, total => total.Requests);
        Series(text, "controlplane_endpoint_errors_total", "Requests answered 5xx, 504 apart.", totals, total => total.Errors);
        Series(text, "controlplane_endpoint_timeouts_total", "Requests answered 504.", totals, total => total.Timeouts);
        Series(text, "controlplane_endpoint_refused_total", "Requests answered 429.", totals, total => total.Refused);

        var (reachable, silent) = reports.Count();
        Single(text, "controlplane_nodes_reachable", "gauge", "Nodes and gateways heard of in the last 15 seconds.", reachable);
        Single(text, "controlplane_nodes_silent", "gauge", "Nodes and gateways known and not heard of.", silent);
        await using (var db = await factory.CreateDbContextAsync(cancel))
        {
            Single(text, "controlplane_pending_effects", "gauge", "Effects that wait to be carried out.", await db.PendingEffects.LongCountAsync(cancel));
            Single(text, "controlplane_rollouts_open", "gauge", "Rollouts that are not over.", await db.Rollouts.LongCountAsync(rollout => rollout.IsOpen, cancel));
            Single(text, "controlplane_rollouts_failing", "gauge", "Open rollouts that the reconcile loop fails on.", await db.Rollouts.LongCountAsync(rollout => rollout.IsOpen && rollout.Condition != null, cancel));
        }

        Single(text, "controlplane_effects_given_up_total", "counter", "Effects that failed so often that they were dropped, since the process started.", effects.GivenUp);
        Single(text, "controlplane_lake_damaged_segments", "gauge", "Segments of the log lake that could not be read since the process started.", lake.DamagedSegments);
        Single(text, "process_resident_memory_bytes", "gauge", "Physical memory of this process.", Environment.WorkingSet);
        return text.ToString();
    }

    private static void Series(StringBuilder text, string name, string help, IReadOnlyList<(SeriesKey Key, LiveSecond Total)> totals, Func<LiveSecond, long> value)
    {
        Head(text, name, "counter", help);
        foreach (var (key, total) in totals.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{name}{{environment=\"{Label(key.Environment)}\",endpoint=\"{Label(key.Endpoint)}\",release=\"{Label(key.Release)}\",arm=\"{Label(key.Arm)}\"}} {value(total)}\n");
        }
    }

    private static void Single(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    /// <summary>Names come from nodes, so nothing in them may end the line or the quotation.</summary>
    private static string Label(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}

using System.Collections.Concurrent;
using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Live;

/// <summary>
/// Merges the frames of all nodes: one-second series for a quarter of an hour in memory, and ten-second windows on their way to the database.
/// A frame counts once, however often and in whatever order it arrives, in the second in which it was measured by this process's clock. Thread-safe; bounded.
/// </summary>
internal sealed class Frames(NodeReports reports, LiveFeed feed, TimeProvider time)
{
    public const int Seconds = 900;

    /// <summary>Windows are closed this long after their end; what comes later is kept apart as late.</summary>
    public static readonly TimeSpan Watermark = TimeSpan.FromSeconds(15);

    /// <summary>Older measurements are not taken any more.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromDays(1);

    /// <summary>The end of an instance's name, by which also its late windows are known.</summary>
    public const int InstanceTail = 16;

    private const int MostSeries = 2_000;
    private static readonly TimeSpan _idle = TimeSpan.FromSeconds(Seconds);
    private static readonly TimeSpan _published = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SeriesKey, LiveSeries> _series = new();
    private readonly SeenFrames _seen = new(time);
    private long _lastPublished = long.MinValue;

    /// <summary>The name under which this process writes its windows; no two processes share it.</summary>
    public string Instance { get; } = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>Takes one node's second.</summary>
    public void Take(string environment, NodeId node, Frame frame)
    {
        if (!_seen.IsNew(frame.NodeSession, frame.Seq))
            return;

        var now = time.GetUtcNow();
        // A node's clock may be off by minutes; what it last said of it against ours puts its seconds where they belong.
        var measured = frame.At - (reports.Of(node)?.ClockOffset ?? TimeSpan.Zero);
        var at = measured > now ? now : measured;
        if (now - at > Oldest)
            return;

        foreach (var one in frame.Series)
        {
            var key = new SeriesKey(environment, one.Endpoint, one.Release, one.Arm);
            if (_series.Count < MostSeries || _series.ContainsKey(key))
                _series.GetOrAdd(key, _ => new LiveSeries()).Add(at.ToUnixTimeSeconds(), now.ToUnixTimeSeconds(), one);
        }

        Publish();
    }

    /// <summary>From when on memory holds all that this process was told.</summary>
    public DateTimeOffset Begin() => time.GetUtcNow() - TimeSpan.FromSeconds(Seconds);

    /// <summary>Seconds with traffic of an endpoint, oldest first.</summary>
    public IReadOnlyList<(SeriesKey Key, LiveSecond Second)> Read(string environment, string endpoint, DateTimeOffset from, DateTimeOffset to)
    {
        var found = new List<(SeriesKey, LiveSecond)>();
        foreach (var (key, series) in _series)
        {
            if (key.Environment == environment && key.Endpoint == endpoint)
                found.AddRange(series.Between(from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds()).Select(second => (key, second)));
        }

        return [.. found.OrderBy(pair => pair.Item2.At)];
    }

    /// <summary>Everything counted since the process started, by series.</summary>
    public IReadOnlyList<(SeriesKey Key, LiveSecond Total)> Totals() => [.. _series.Select(pair => (pair.Key, pair.Value.Total()))];

    /// <summary>The end of the newest window that is past the watermark.</summary>
    public DateTimeOffset ClosedUntil(TimeSpan window)
    {
        var length = Math.Max(1, (long)window.TotalSeconds);
        return DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() - Watermark).ToUnixTimeSeconds() / length * length);
    }

    /// <summary>Windows that are past the watermark and have not been handed out yet, and what came late for earlier ones.</summary>
    /// <param name="instance">This process, 16 to 32 characters; late rows are written under a name of their own, so that nothing judged changes afterwards.</param>
    public IReadOnlyList<MetricWindow> TakeWindows(TimeSpan window, string instance)
    {
        var length = Math.Max(1, (long)window.TotalSeconds);
        var now = time.GetUtcNow();
        var until = (now - Watermark).ToUnixTimeSeconds() / length * length;
        var idleSince = (now - _idle).ToUnixTimeSeconds();
        var windows = new List<MetricWindow>();
        foreach (var (key, series) in _series)
        {
            windows.AddRange(series.TakeWindows(length, until, late: false).Select(sum => sum.ToWindow(key, instance)));
            windows.AddRange(series.TakeWindows(length, until, late: true).Select(sum => sum.ToWindow(key, $"{MetricWindow.Late}{now.ToUnixTimeSeconds():x}-{instance[^InstanceTail..]}")));
            if (series.LastArrival < idleSince)
                _series.TryRemove(key, out _);
        }

        return windows;
    }

    private void Publish()
    {
        var last = Interlocked.Read(ref _lastPublished);
        var now = time.GetTimestamp();
        if (last != long.MinValue && time.GetElapsedTime(last, now) < _published)
            return;
        if (Interlocked.CompareExchange(ref _lastPublished, now, last) == last)
            feed.Publish(LiveTopics.Metrics);
    }
}

internal readonly record struct SeriesKey(string Environment, string Endpoint, string Release, string Arm);

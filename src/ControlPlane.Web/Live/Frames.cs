using System.Collections.Concurrent;
using ControlPlane.Data;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Live;

/// <summary>
/// Merges the frames of all nodes: one-second series for a quarter of an hour in memory, and ten-second windows on their way to the database.
/// A frame counts once, however often it arrives. Thread-safe; bounded by the series there are.
/// </summary>
internal sealed class Frames(LiveFeed feed, TimeProvider time)
{
    public const int Seconds = 900;

    private static readonly TimeSpan _tooOld = TimeSpan.FromSeconds(Seconds - 10);
    private const int MostSeries = 2_000;
    private const int MostSessions = 20_000;

    private readonly ConcurrentDictionary<SeriesKey, Series> _series = new();
    private readonly ConcurrentDictionary<string, long> _lastOfSession = new(StringComparer.Ordinal);

    /// <summary>Takes one node's second.</summary>
    public void Take(string environment, Frame frame)
    {
        if (_lastOfSession.TryGetValue(frame.NodeSession, out var last) && frame.Seq <= last)
            return;
        if (_lastOfSession.Count > MostSessions)
            _lastOfSession.Clear();
        _lastOfSession[frame.NodeSession] = frame.Seq;

        // The clocks of nodes differ: a second belongs to when it arrived, unless it is plainly late.
        var now = time.GetUtcNow();
        if (now - frame.At > _tooOld && now - frame.At < TimeSpan.FromDays(1))
            return;
        foreach (var one in frame.Series)
        {
            var key = new SeriesKey(environment, one.Endpoint, one.Release, one.Arm);
            if (_series.Count < MostSeries || _series.ContainsKey(key))
                _series.GetOrAdd(key, _ => new Series()).Add(now.ToUnixTimeSeconds(), one);
        }

        feed.Publish(LiveTopics.Metrics);
    }

    /// <summary>Seconds with traffic of an endpoint, oldest first.</summary>
    public IReadOnlyList<(SeriesKey Key, Second Second)> Read(string environment, string endpoint, DateTimeOffset from, DateTimeOffset to)
    {
        var found = new List<(SeriesKey, Second)>();
        foreach (var (key, series) in _series)
        {
            if (key.Environment == environment && key.Endpoint == endpoint)
                found.AddRange(series.Between(from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds()).Select(second => (key, second)));
        }

        return [.. found.OrderBy(pair => pair.Item2.At)];
    }

    /// <summary>Whole windows that have not been handed out yet; the newest is left to fill.</summary>
    public IReadOnlyList<MetricWindow> TakeWindows(TimeSpan window, string instance)
    {
        var length = (long)window.TotalSeconds;
        var until = time.GetUtcNow().ToUnixTimeSeconds() / length * length;
        return [.. _series.SelectMany(pair => pair.Value.TakeWindows(length, until).Select(sum => sum.ToWindow(pair.Key, instance)))];
    }

    /// <summary>One second of one series, all nodes together.</summary>
    internal sealed class Second(long at)
    {
        public long At => at;
        public long Requests { get; set; }
        public long Errors { get; set; }
        public long Timeouts { get; set; }
        public long Invalid { get; set; }
        public long Refused { get; set; }
        public int InFlight { get; set; }
        public LatencyHistogram Latency { get; } = new();

        public void Add(FrameSeries series)
        {
            Requests += series.Requests;
            Errors += series.Errors;
            Timeouts += series.Timeouts;
            Invalid += series.Invalid;
            Refused += series.Refused;
            InFlight += series.InFlight;
            Latency.TryMerge(series.Latency);
        }

        public void Add(Second other)
        {
            Requests += other.Requests;
            Errors += other.Errors;
            Timeouts += other.Timeouts;
            Invalid += other.Invalid;
            Refused += other.Refused;
            Latency.Merge(other.Latency);
        }

        public MetricWindow ToWindow(SeriesKey key, string instance) => new()
        {
            Environment = key.Environment, Endpoint = key.Endpoint, Release = key.Release, Arm = key.Arm, At = DateTimeOffset.FromUnixTimeSeconds(at), Instance = instance,
            Requests = Requests, Errors = Errors, Timeouts = Timeouts, Invalid = Invalid, Refused = Refused, Latency = Latency.ToBytes(),
        };
    }

    private sealed class Series
    {
        private readonly Lock _lock = new();
        private readonly SortedDictionary<long, Second> _seconds = [];
        private long _handedOut;

        public void Add(long at, FrameSeries series)
        {
            lock (_lock)
            {
                if (!_seconds.TryGetValue(at, out var second))
                    _seconds[at] = second = new Second(at);
                second.Add(series);
                while (_seconds.Count > Seconds || _seconds.Keys.First() < at - Seconds)
                    _seconds.Remove(_seconds.Keys.First());
            }
        }

        public List<Second> Between(long from, long to)
        {
            lock (_lock)
                return [.. _seconds.Values.Where(second => second.At >= from && second.At <= to)];
        }

        public List<Second> TakeWindows(long length, long until)
        {
            lock (_lock)
            {
                var sums = new List<Second>();
                foreach (var window in _seconds.Values.Where(second => second.At >= _handedOut && second.At < until).GroupBy(second => second.At / length * length))
                {
                    var sum = new Second(window.Key);
                    foreach (var second in window)
                        sum.Add(second);
                    sums.Add(sum);
                }

                _handedOut = until;
                return sums;
            }
        }
    }
}

internal readonly record struct SeriesKey(string Environment, string Endpoint, string Release, string Arm);

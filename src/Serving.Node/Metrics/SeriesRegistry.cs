using System.Collections.Concurrent;
using Serving.Contracts.Reports;

namespace Serving.Node.Metrics;

/// <summary>All series of this process. Bounded by what was ever routed here: those of releases no longer routed are forgotten an hour later.</summary>
internal sealed class SeriesRegistry(TimeProvider time)
{
    private static readonly TimeSpan _keep = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Endpoint, string Release, string Arm), Entry> _series = new();
    private readonly string _session = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
    private long _sequence;

    /// <summary>One id for each start of the process.</summary>
    public string Session => _session;

    public IEnumerable<SeriesTotals> Totals => _series.Values.Select(entry => entry.Counters.Totals);

    public SeriesCounters For(string endpoint, string release, string model, string version, string arm)
    {
        var entry = _series.GetOrAdd((endpoint, release, arm), _ => new Entry(new SeriesCounters(endpoint, release, model, version, arm)));
        entry.LastUse = time.GetTimestamp();
        return entry.Counters;
    }

    /// <summary>What happened since the last call. One caller at a time, once a second.</summary>
    public Frame Drain()
    {
        var series = new List<FrameSeries>();
        foreach (var (key, entry) in _series)
        {
            if (entry.Counters.Drain() is { } active)
            {
                entry.LastUse = time.GetTimestamp();
                series.Add(active);
            }
            else if (time.GetElapsedTime(entry.LastUse) > _keep && entry.Counters.Arm == Serving.Contracts.State.ArmState.Direct)
            {
                _series.TryRemove(key, out _);
            }
        }

        return new Frame(_session, ++_sequence, time.GetUtcNow(), series);
    }

    private sealed class Entry(SeriesCounters counters)
    {
        public SeriesCounters Counters => counters;

        public long LastUse { get; set; }
    }
}

using System.Collections.Concurrent;
using Serving.Contracts.Reports;

namespace Serving.Node.Metrics;

/// <summary>
/// All series of this process. Bounded by what is routed here: a series that the newest serving table does not name is forgotten an hour after its last request.
/// </summary>
internal sealed class SeriesRegistry(TimeProvider time)
{
    private static readonly TimeSpan _keep = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Endpoint, string Release, string Arm), Entry> _series = new();
    private readonly string _session = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
    private long _generation;
    private long _sequence;
    private long _unknown;

    /// <summary>One id for each start of the process.</summary>
    public string Session => _session;

    public IEnumerable<SeriesTotals> Totals => _series.Values.Select(entry => entry.Counters.Totals);

    /// <summary>Requests for endpoints that are not served here: one number, whatever names callers make up.</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    public void CountUnknown() => Interlocked.Increment(ref _unknown);

    /// <summary>A new serving table is being built: series it does not ask for become old.</summary>
    public void BeginGeneration() => Interlocked.Increment(ref _generation);

    public SeriesCounters For(string endpoint, string release, string model, string version, string arm)
    {
        var entry = _series.GetOrAdd((endpoint, release, arm), _ => new Entry(new SeriesCounters(endpoint, release, model, version, arm)));
        entry.Generation = Volatile.Read(ref _generation);
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
                if (active.Requests > 0)
                    entry.Counters.Totals.LastUse = time.GetUtcNow();
                series.Add(active);
            }
            else if (entry.Generation < Volatile.Read(ref _generation) && time.GetElapsedTime(entry.LastUse) > _keep)
            {
                _series.TryRemove(key, out _);
            }
        }

        return new Frame(_session, ++_sequence, time.GetUtcNow(), series);
    }

    private sealed class Entry(SeriesCounters counters)
    {
        public SeriesCounters Counters => counters;

        public long Generation { get; set; }

        public long LastUse { get; set; }
    }
}

using Serving.Contracts.Reports;

namespace ControlPlane.Web.Live;

/// <summary>One series by the second. Thread-safe; holds a quarter of an hour and what waits to be written.</summary>
internal sealed class LiveSeries
{
    private const int MostLate = 1_000;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, LiveSecond> _seconds = [];
    private readonly SortedDictionary<long, LiveSecond> _late = [];
    private LiveSecond _total = new(0);
    private long _handedOut;
    private long _lastArrival;

    public long LastArrival => Interlocked.Read(ref _lastArrival);

    /// <param name="at">When it was measured, Unix seconds.</param>
    /// <param name="now">Unix seconds.</param>
    public void Add(long at, long now, FrameSeries series)
    {
        lock (_lock)
        {
            Interlocked.Exchange(ref _lastArrival, now);
            _total = _total.Plus(series) with { InFlight = series.InFlight };
            if (at < _handedOut && (_late.Count < MostLate || _late.ContainsKey(at)))
                Put(_late, at, series);
            if (at >= now - Frames.Seconds)
                Put(_seconds, at, series);
            while (_seconds.Count > 0 && _seconds.First().Key < now - Frames.Seconds)
                _seconds.Remove(_seconds.First().Key);
        }
    }

    public List<LiveSecond> Between(long from, long to)
    {
        lock (_lock)
            return [.. _seconds.Values.Where(second => second.At >= from && second.At <= to)];
    }

    public LiveSecond Total()
    {
        lock (_lock)
            return _total;
    }

    /// <param name="until">The end of the last closed window, Unix seconds.</param>
    /// <param name="late">Hands out what came for windows that were handed out before.</param>
    public List<LiveSecond> TakeWindows(long length, long until, bool late)
    {
        lock (_lock)
        {
            if (late)
            {
                var all = Sums(_late.Values, length);
                _late.Clear();
                return all;
            }

            var sums = Sums(_seconds.Values.Where(second => second.At >= _handedOut && second.At < until), length);
            _handedOut = Math.Max(_handedOut, until);
            return sums;
        }
    }

    private static List<LiveSecond> Sums(IEnumerable<LiveSecond> seconds, long length) =>
        [.. seconds.GroupBy(second => second.At / length * length).Select(window => window.Aggregate(new LiveSecond(window.Key), (sum, second) => sum.Plus(second)))];

    private static void Put(SortedDictionary<long, LiveSecond> into, long at, FrameSeries series) =>
        into[at] = (into.TryGetValue(at, out var second) ? second : new LiveSecond(at)).Plus(series);
}

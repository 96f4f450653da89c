using ControlPlane.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace ControlPlane.Web.Shared;

/// <summary>Figures of endpoints as nodes measured them, summed over nodes and control planes.</summary>
public sealed class Measurements(IDbContextFactory<ControlPlaneDb> factory, IMemoryCache cache, Func<string, string, DateTimeOffset, DateTimeOffset, IReadOnlyList<Measured>> live, TimeProvider time)
{
    /// <summary>Width of the windows that are kept.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <param name="step">Windows are added up to this; a multiple of <see cref="Window"/>.</param>
    /// <returns>Ordered by time; a step in which nothing was measured is missing.</returns>
    public async Task<IReadOnlyList<Measured>> ListAsync(string environment, string endpoint, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var sums = new SortedDictionary<(DateTimeOffset, string, string), Measured>();
        var windows = db.MetricWindows.AsNoTracking()
            .Where(window => window.Environment == environment && window.Endpoint == endpoint && window.At >= from && window.At < to)
            .AsAsyncEnumerable();
        await foreach (var window in windows.WithCancellation(cancel))
        {
            var at = new DateTimeOffset(window.At.UtcTicks / step.Ticks * step.Ticks, TimeSpan.Zero);
            var key = (at, window.Arm, window.Release);
            if (!sums.TryGetValue(key, out var sum))
                sums[key] = sum = new Measured(at, window.Release, window.Arm);
            sum.Add(window.Requests, window.Errors + window.Timeouts, window.Refused, window.Latency);
        }

        // What this process heard since the newest window was written.
        var newest = sums.Count > 0 ? sums.Keys.Max(key => key.Item1) + step : from;
        foreach (var second in live(environment, endpoint, newest, to).Where(second => second.At >= newest && second.At < to))
        {
            var at = new DateTimeOffset(second.At.UtcTicks / step.Ticks * step.Ticks, TimeSpan.Zero);
            var key = (at, second.Arm, second.Release);
            if (!sums.TryGetValue(key, out var sum))
                sums[key] = sum = new Measured(at, second.Release, second.Arm);
            sum.Add(second);
        }

        return [.. sums.Values];
    }

    /// <summary>This moment and the last quarter of an hour of endpoints.</summary>
    /// <param name="endpoints">Environment and name of each.</param>
    /// <returns>By <c>environment/name</c>, those that have figures. Seconds that this process heard itself come before the windows of the database.</returns>
    public async Task<IReadOnlyDictionary<string, FiguresNow>> NowAsync(IEnumerable<(string Environment, string Name)> endpoints, CancellationToken cancel)
    {
        // The newest second may still be filling.
        var end = new DateTimeOffset((time.GetUtcNow().UtcTicks - TimeSpan.TicksPerSecond) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
        var figures = new Dictionary<string, FiguresNow>(StringComparer.Ordinal);
        ILookup<string, MetricWindow>? windows = null;
        foreach (var (environment, name) in endpoints)
        {
            var path = $"{environment}/{name}";
            var seconds = live(environment, name, end - FiguresNow.Span, end);
            windows ??= await WindowsAsync(cancel);
            var begin = seconds.Count > 0 ? seconds[0].At : DateTimeOffset.MaxValue;
            var before = windows[path].Where(window => window.At + Window <= begin).Select(Sum);
            if (FiguresNow.Of([.. before, .. seconds], end, Window, seconds.Count > 0 ? Window : Window * 3) is { } now)
                figures[path] = now;
        }

        return figures;
    }

    private async Task<ILookup<string, MetricWindow>> WindowsAsync(CancellationToken cancel)
    {
        if (cache.TryGetValue<ILookup<string, MetricWindow>>(nameof(WindowsAsync), out var known) && known is not null)
            return known;

        var from = time.GetUtcNow() - FiguresNow.Span;
        await using var db = await factory.CreateDbContextAsync(cancel);
        var windows = await db.MetricWindows.AsNoTracking().Where(window => window.At >= from).ToListAsync(cancel);
        return cache.Set(nameof(WindowsAsync), windows.ToLookup(window => $"{window.Environment}/{window.Endpoint}", StringComparer.Ordinal), TimeSpan.FromSeconds(5));
    }

    private static Measured Sum(MetricWindow window)
    {
        var sum = new Measured(window.At, window.Release, window.Arm);
        sum.Add(window.Requests, window.Errors + window.Timeouts, window.Refused, window.Latency);
        return sum;
    }
}

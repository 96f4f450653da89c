using ControlPlane.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace ControlPlane.Web.Shared;

/// <summary>Figures of endpoints as nodes measured them, summed over nodes and control planes.</summary>
public sealed class Measurements(IDbContextFactory<ControlPlaneDb> factory, IMemoryCache cache, TimeProvider time)
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

        return [.. sums.Values];
    }

    /// <summary>This moment and the last quarter of an hour of every endpoint that has figures, by <c>environment/name</c>.</summary>
    public async Task<IReadOnlyDictionary<string, FiguresNow>> NowAsync(CancellationToken cancel)
    {
        if (cache.TryGetValue<IReadOnlyDictionary<string, FiguresNow>>(nameof(NowAsync), out var known) && known is not null)
            return known;

        // The newest window may still be filling.
        var end = new DateTimeOffset(time.GetUtcNow().UtcTicks / Window.Ticks * Window.Ticks, TimeSpan.Zero);
        var from = end - FiguresNow.Span;
        await using var db = await factory.CreateDbContextAsync(cancel);
        var windows = await db.MetricWindows.AsNoTracking().Where(window => window.At >= from && window.At < end).ToListAsync(cancel);
        var figures = new Dictionary<string, FiguresNow>(StringComparer.Ordinal);
        foreach (var endpoint in windows.GroupBy(window => $"{window.Environment}/{window.Endpoint}", StringComparer.Ordinal))
        {
            if (FiguresNow.Of([.. endpoint.Select(Sum)], end, Window, Window * 3) is { } now)
                figures[endpoint.Key] = now;
        }

        return cache.Set<IReadOnlyDictionary<string, FiguresNow>>(nameof(NowAsync), figures, TimeSpan.FromSeconds(2));
    }

    private static Measured Sum(MetricWindow window)
    {
        var sum = new Measured(window.At, window.Release, window.Arm);
        sum.Add(window.Requests, window.Errors + window.Timeouts, window.Refused, window.Latency);
        return sum;
    }
}

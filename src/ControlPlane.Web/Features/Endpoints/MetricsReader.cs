using System.Runtime.CompilerServices;
using ControlPlane.Data;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Measurements of an endpoint: by the second from memory as far as it reaches, before that and of other control planes from the database.</summary>
internal sealed class MetricsReader(IDbContextFactory<ControlPlaneDb> factory, Frames frames, IOptions<GatesOptions> options)
{
    /// <summary>Of one arm.</summary>
    private const int MostPoints = 1_000;

    /// <summary>One point a step and arm; steps without traffic are left out.</summary>
    public async Task<IReadOnlyList<MetricPoint>> ReadAsync(string environment, string endpoint, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancel)
    {
        // Steps begin at whole multiples, so a span may touch one more than it is long.
        var seconds = Math.Max(1, (long)Math.Ceiling(Math.Max(step.TotalSeconds, (to - from).TotalSeconds / (MostPoints - 1))));
        // Of its own, a process counts from memory what lies behind this border and from the database what lies before it; what others wrote it knows from the database alone.
        var window = options.Value.Window.Ticks;
        var border = new DateTimeOffset((frames.Begin().UtcTicks + window - 1) / window * window, TimeSpan.Zero);
        var sums = new Dictionary<(long At, string Release, string Arm), Sum>();
        await foreach (var row in Stored(environment, endpoint, from, to, border, cancel))
            Add(row.At.ToUnixTimeSeconds(), row.Release, row.Arm, new Sum(row));
        foreach (var (key, second) in frames.Read(environment, endpoint, from > border ? from : border, to))
            Add(second.At, key.Release, key.Arm, new Sum(second));

        return [.. sums.OrderBy(sum => sum.Key.At).Select(sum => sum.Value.ToPoint(DateTimeOffset.FromUnixTimeSeconds(sum.Key.At), sum.Key.Release, sum.Key.Arm, seconds))];

        void Add(long at, string release, string arm, Sum part)
        {
            var key = (at / seconds * seconds, release, arm);
            if (!sums.TryAdd(key, part))
                sums[key].Add(part);
        }
    }

    /// <summary>Read one after the other: of a long time only its sums are held.</summary>
    private async IAsyncEnumerable<MetricWindow> Stored(
        string environment, string endpoint, DateTimeOffset from, DateTimeOffset to, DateTimeOffset border, [EnumeratorCancellation] CancellationToken cancel)
    {
        var own = frames.Instance[^Frames.InstanceTail..];
        await using var db = await factory.CreateDbContextAsync(cancel);
        var windows = db.MetricWindows.AsNoTracking()
            .Where(window => window.Environment == environment && window.Endpoint == endpoint && window.At >= from && window.At < to
                && (window.At < border || !window.Instance.EndsWith(own)))
            .AsAsyncEnumerable();
        await foreach (var window in windows.WithCancellation(cancel))
            yield return window;
    }

    private sealed class Sum
    {
        private readonly LatencyHistogram _latency = new();
        private long _requests;
        private long _errors;
        private long _timeouts;
        private long _invalid;
        private long _refused;

        public Sum(LiveSecond second)
        {
            (_requests, _errors, _timeouts, _invalid, _refused) = (second.Requests, second.Errors, second.Timeouts, second.Invalid, second.Refused);
            _latency.TryMerge(second.Latency.Span);
        }

        public Sum(MetricWindow window)
        {
            (_requests, _errors, _timeouts, _invalid, _refused) = (window.Requests, window.Errors, window.Timeouts, window.Invalid, window.Refused);
            _latency.TryMerge(window.Latency);
        }

        public void Add(Sum part)
        {
            _requests += part._requests;
            _errors += part._errors;
            _timeouts += part._timeouts;
            _invalid += part._invalid;
            _refused += part._refused;
            _latency.Merge(part._latency);
        }

        public MetricPoint ToPoint(DateTimeOffset at, string release, string arm, long seconds) => new(
            at, release, arm, (double)_requests / seconds, _requests, _errors + _timeouts, _requests == 0 ? null : (double)(_errors + _timeouts) / _requests, _invalid, _refused,
            _latency.Quantile(0.5) / 1000, _latency.Quantile(0.99) / 1000);
    }
}

/// <param name="Rate">Requests a second.</param>
/// <param name="Errors">Answers 5xx, time-outs included.</param>
/// <param name="ErrorShare">0 to 1; null without requests.</param>
internal sealed record MetricPoint(
    DateTimeOffset At, string Release, string Arm, double Rate, long Requests, long Errors, double? ErrorShare, long Invalid, long Refused, double? P50Ms, double? P99Ms);

using ControlPlane.Data;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Measurements of an endpoint: by the second from memory as far as it reaches, before that and of other control planes from the database.</summary>
internal sealed class MetricsReader(IDbContextFactory<ControlPlaneDb> factory, Frames frames, IOptions<GatesOptions> options)
{
    private const int MostPoints = 2_000;

    /// <summary>One point a step and arm; steps without traffic are left out.</summary>
    public async Task<IReadOnlyList<MetricPoint>> ReadAsync(string environment, string endpoint, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancel)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling(Math.Max(step.TotalSeconds, (to - from).TotalSeconds / MostPoints)));
        // Of its own, a process counts from memory what lies behind this border and from the database what lies before it; what others wrote it knows from the database alone.
        var window = options.Value.Window.Ticks;
        var border = new DateTimeOffset((frames.Begin().UtcTicks + window - 1) / window * window, TimeSpan.Zero);
        var stored = await StoredAsync(environment, endpoint, from, to, border, cancel);
        var samples = stored.Select(row => (At: row.At.ToUnixTimeSeconds(), row.Release, row.Arm, Sum: new Sum(row)))
            .Concat(frames.Read(environment, endpoint, from > border ? from : border, to).Select(pair => (pair.Second.At, pair.Key.Release, pair.Key.Arm, Sum: new Sum(pair.Second))));

        return [.. samples.GroupBy(sample => (At: sample.At / seconds * seconds, sample.Release, sample.Arm)).OrderBy(group => group.Key.At)
            .Select(group => Sum.Of(group.Select(sample => sample.Sum)).ToPoint(DateTimeOffset.FromUnixTimeSeconds(group.Key.At), group.Key.Release, group.Key.Arm, seconds))];
    }

    private async Task<List<MetricWindow>> StoredAsync(string environment, string endpoint, DateTimeOffset from, DateTimeOffset to, DateTimeOffset border, CancellationToken cancel)
    {
        var own = frames.Instance[^Frames.InstanceTail..];
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.MetricWindows.AsNoTracking()
            .Where(window => window.Environment == environment && window.Endpoint == endpoint && window.At >= from && window.At < to
                && (window.At < border || !window.Instance.EndsWith(own)))
            .OrderBy(window => window.At).Take(200_000).ToListAsync(cancel);
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

        private Sum()
        {
        }

        public static Sum Of(IEnumerable<Sum> parts)
        {
            var total = new Sum();
            foreach (var part in parts)
            {
                total._requests += part._requests;
                total._errors += part._errors;
                total._timeouts += part._timeouts;
                total._invalid += part._invalid;
                total._refused += part._refused;
                total._latency.Merge(part._latency);
            }

            return total;
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

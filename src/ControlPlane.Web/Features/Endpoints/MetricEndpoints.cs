using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Measurements, for scripts.</summary>
internal static class MetricEndpoints
{
    private static readonly Dictionary<string, Func<MetricPoint, double?>> _metrics = new(StringComparer.Ordinal)
    {
        ["requests"] = point => point.Rate,
        ["errors"] = point => point.ErrorShare,
        ["refused"] = point => point.Refused,
        ["latency_p50"] = point => point.P50Ms,
        ["latency_p99"] = point => point.P99Ms,
    };

    public static void MapMetricEndpoints(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/metrics/query", QueryAsync).GivenUpInTime();

    private static async Task<IResult> QueryAsync(string endpoint, string metric, DateTimeOffset? from, DateTimeOffset? to, string? step, MetricsReader reader, TimeProvider time, CancellationToken cancel)
    {
        if (endpoint.Split('/') is not [var environment, var name])
            return Problems.From(Refusal.Invalid("endpoint", "endpoint is environment/name."));
        if (!_metrics.TryGetValue(metric, out var value))
            return Problems.From(Refusal.Invalid("metric", $"metric must be one of {string.Join(", ", _metrics.Keys)}."));

        var until = to ?? time.GetUtcNow();
        var begin = from ?? until.AddMinutes(-15);
        if (begin >= until || until - begin > ExpensiveReads.LongestSpan)
            return Problems.From(Refusal.Invalid("from", $"from lies before to, and at most {ExpensiveReads.LongestSpan.TotalDays:0} days before it."));
        var wanted = Acknowledgement.Parse(step);
        var points = await reader.ReadAsync(environment, name, begin, until, wanted == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : wanted, cancel);
        return Results.Ok(new
        {
            endpoint, metric, from = begin, to = until,
            series = points.GroupBy(point => (point.Release, point.Arm))
                .Select(series => new { release = series.Key.Release, arm = series.Key.Arm, points = series.Select(point => new { at = point.At, value = value(point) }) }),
        });
    }
}

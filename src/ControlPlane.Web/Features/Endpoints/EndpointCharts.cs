using ControlPlane.Data;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Charts;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Latency, errors and throughput of an endpoint, one line an arm, with its rollouts as markers.</summary>
public sealed class EndpointCharts(IDbContextFactory<ControlPlaneDb> factory, Measurements measurements) : IChartSource
{
    private const int MostPoints = 360;

    public IReadOnlyCollection<string> Kinds { get; } = ["latency", "errors", "requests"];

    public async Task<ChartData?> ReadAsync(ChartRequest request, CancellationToken cancel)
    {
        var (environment, name) = request.Endpoint.Split('/') is [var e, var n] ? (e, n) : ("", "");
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.Endpoints.AsNoTracking().SingleOrDefaultAsync(known => known.Environment == environment && known.Name == name, cancel) is not { } endpoint)
            return null;

        var step = StepOf(request.Span);
        var measured = await measurements.ListAsync(environment, name, request.From, request.To, step, cancel);
        var ids = measured.Select(part => part.Release).Distinct(StringComparer.Ordinal).ToList();
        var versions = await db.Releases.Where(release => ids.Contains(release.Id)).ToDictionaryAsync(release => release.Id, release => release.Version, StringComparer.Ordinal, cancel);
        var rollouts = await db.Rollouts.AsNoTracking().Where(rollout => rollout.EndpointId == endpoint.Id && rollout.CreatedAt > request.From && rollout.CreatedAt <= request.To)
            .OrderBy(rollout => rollout.Number).Select(rollout => new { rollout.Number, rollout.CreatedAt, rollout.Plan }).ToListAsync(cancel);

        var series = measured.GroupBy(part => part.Arm, StringComparer.Ordinal)
            .Select(arm => Series(request.Kind, arm.Key, [.. arm], versions, step)).OrderBy(line => line.Role).ToList();
        var (title, unit, limit) = request.Kind switch
        {
            "latency" => ("Latency p99", "ms", endpoint.SloP99Ms ?? EndpointsNow.DefaultLimitP99Ms),
            "errors" => ("Errors", "%", (double?)EndpointNow.ErrorLimit * 100),
            _ => ("Throughput", "requests/s", (double?)null),
        };
        return new(title, unit, request.From, request.To, step, series, limit,
            [.. rollouts.Select(rollout => new ChartMarker(rollout.CreatedAt, rollout.Plan.Strategy == Strategies.Rollback ? $"#{rollout.Number} back" : $"#{rollout.Number}"))]);
    }

    private static TimeSpan StepOf(TimeSpan span)
    {
        var windows = Math.Max(1, (long)Math.Ceiling(span / Measurements.Window / MostPoints));
        return Measurements.Window * windows;
    }

    /// <summary>An arm is one line, also when its version changes on the way; the label names the newest.</summary>
    private static ChartSeries Series(string kind, string arm, List<Measured> parts, Dictionary<string, int> versions, TimeSpan step)
    {
        var points = new List<ChartPoint>();
        foreach (var instant in parts.GroupBy(part => part.At).OrderBy(instant => instant.Key))
        {
            var sum = new Measured(instant.Key, "", arm);
            foreach (var part in instant)
                sum.Add(part);
            points.Add(new(instant.Key, kind switch
            {
                "latency" => sum.QuantileMs(0.99) ?? double.NaN,
                "errors" => sum.Requests == 0 ? double.NaN : 100d * sum.Errors / sum.Requests,
                _ => sum.Requests / step.TotalSeconds,
            }));
        }

        var label = versions.TryGetValue(parts[^1].Release, out var version) ? $"v{version}" : arm;
        return new(arm == "direct" ? "direct" : label, arm switch { "stable" => VersionRole.Stable, "candidate" => VersionRole.Candidate, _ => VersionRole.Idle }, points);
    }
}

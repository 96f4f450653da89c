using ControlPlane.Data;
using ControlPlane.Domain.Releases;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Who has applied a revision, and the waiting for it.</summary>
internal sealed class Acknowledgement(IDbContextFactory<ControlPlaneDb> factory, Fleet fleet, TimeProvider time)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(10);

    /// <summary>Waits until every reachable node of the endpoint's pool serves what was asked for, or the time is over.</summary>
    /// <param name="revision">What they must have applied; later ones will do. Null: the newest there is.</param>
    /// <param name="isDone">Says so of the rollout, where that is what is waited for.</param>
    public async Task<(IReadOnlyList<string> Acknowledged, IReadOnlyList<string> Pending)> WaitAsync(
        string environment, string pool, long? revision, TimeSpan wait, Func<ControlPlaneDb, Task<bool>> isDone, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            await using var db = await factory.CreateDbContextAsync(cancel);
            var target = await db.Environments.AsNoTracking().SingleAsync(known => known.Name == environment, cancel);
            var nodes = (await fleet.ReadAsync(db, environment, cancel)).Where(node => node.Pool == pool && node.IsReachable).ToList();
            var acknowledged = nodes.Where(node => HasApplied(node.Report!, target, revision)).Select(node => node.Name).ToList();
            var pending = nodes.Select(node => node.Name).Except(acknowledged).ToList();
            if (time.GetElapsedTime(began) >= wait || (pending.Count == 0 && nodes.Count > 0 && await isDone(db)))
                return (acknowledged, pending);
            await Task.Delay(_look, time, cancel);
        }
    }

    private static bool HasApplied(Report report, ServingEnvironment target, long? revision) =>
        report.TimelineId == target.TimelineId && report.AppliedRevision >= (revision ?? target.Revision) && report.AppliedRevision <= target.Revision;

    /// <summary><c>30s</c>, <c>2m</c>; absent or malformed: no wait.</summary>
    public static TimeSpan Parse(string? wait)
    {
        if (string.IsNullOrEmpty(wait) || !double.TryParse(wait[..^1], out var amount) || amount < 0)
            return TimeSpan.Zero;
        var span = wait[^1] switch
        {
            's' => TimeSpan.FromSeconds(Math.Min(amount, 3600)),
            'm' => TimeSpan.FromMinutes(Math.Min(amount, 60)),
            _ => TimeSpan.Zero,
        };
        return span < _longest ? span : _longest;
    }
}

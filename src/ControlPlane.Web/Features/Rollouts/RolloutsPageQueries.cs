using System.Globalization;
using ControlPlane.Data;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>Lists of rollouts, newest first.</summary>
public sealed class RolloutsPageQueries(IDbContextFactory<ControlPlaneDb> factory)
{
    private const int MostOfAnEndpoint = 100;

    /// <param name="environment">Null: all.</param>
    /// <param name="standing"><c>open</c>: not over yet; <c>over</c>; else all.</param>
    /// <param name="by">Who made it; null: anybody.</param>
    /// <param name="page">From 1.</param>
    public async Task<PageOf<RolloutRow>> ListAsync(string? environment, string? standing, string? by, int page, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var all = db.Rollouts.AsNoTracking();
        var matching = all.Where(rollout => (environment == null || rollout.Environment == environment) && (by == null || rollout.CreatedBy == by));
        matching = standing switch { "open" => matching.Where(rollout => rollout.IsOpen), "over" => matching.Where(rollout => !rollout.IsOpen), _ => matching };
        var rows = await matching.OrderByDescending(rollout => rollout.Number).Skip((page - 1) * Pager.DefaultSize).Take(Pager.DefaultSize).ToListAsync(cancel);
        return new(await RowsAsync(db, rows, cancel), await matching.CountAsync(cancel), await all.CountAsync(cancel));
    }

    public async Task<IReadOnlyList<RolloutRow>> OfEndpointAsync(string environment, string name, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rollouts = await db.Rollouts.AsNoTracking().Where(rollout => rollout.Environment == environment && rollout.EndpointName == name)
            .OrderByDescending(rollout => rollout.Number).Take(MostOfAnEndpoint).ToListAsync(cancel);
        return await RowsAsync(db, rollouts, cancel);
    }

    private static async Task<IReadOnlyList<RolloutRow>> RowsAsync(ControlPlaneDb db, List<Rollout> rollouts, CancellationToken cancel)
    {
        var ids = rollouts.SelectMany(rollout => new[] { rollout.FromRelease, rollout.ToRelease }).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var versions = await db.Releases.Where(release => ids.Contains(release.Id)).ToDictionaryAsync(release => release.Id, release => release.Version, StringComparer.Ordinal, cancel);
        return [.. rollouts.Select(rollout => RolloutRow.Of(rollout, id => versions.TryGetValue(id, out var version) ? version.ToString(CultureInfo.InvariantCulture) : "?"))];
    }
}

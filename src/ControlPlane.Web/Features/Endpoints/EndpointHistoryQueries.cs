using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Releases;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What an endpoint was asked to serve, read from the revisions as they were published.</summary>
public sealed class EndpointHistoryQueries(IDbContextFactory<ControlPlaneDb> factory)
{
    private const int MostRevisions = 500;

    /// <returns>Null when nothing served then.</returns>
    public async Task<ServedChange?> AtAsync(string environment, string endpoint, DateTimeOffset at, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var row = await db.DesiredStates.AsNoTracking().Where(state => state.Environment == environment && state.CreatedAt <= at)
            .OrderByDescending(state => state.CreatedAt).ThenByDescending(state => state.Revision).FirstOrDefaultAsync(cancel);
        return row is null || Change(row, endpoint) is not { Arms.Count: > 0 } change ? null : change;
    }

    /// <returns>The revisions in which the endpoint's arms changed, newest first, from the newest <see cref="MostRevisions"/> of its environment.</returns>
    public async Task<IReadOnlyList<ServedChange>> ChangesAsync(string environment, string endpoint, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rows = await db.DesiredStates.AsNoTracking().Where(state => state.Environment == environment)
            .OrderByDescending(state => state.CreatedAt).ThenByDescending(state => state.Revision).Take(MostRevisions).ToListAsync(cancel);
        var changes = new List<ServedChange>();
        var before = "";
        foreach (var row in Enumerable.Reverse(rows))
        {
            if (Change(row, endpoint) is not { } change)
                continue;
            var arms = string.Join(",", change.Arms.Select(arm => $"{arm.Version}:{arm.Asked}"));
            if (arms != before)
                changes.Add(change);
            before = arms;
        }

        changes.Reverse();
        return changes;
    }

    private static ServedChange? Change(DesiredStateRow row, string endpoint)
    {
        if (StateDocument.Verify(DesiredStates.Unzip(row.Document), out _)?.State is not { } state || state.Endpoints.FirstOrDefault(known => known.Name == endpoint) is not { } served)
            return null;

        return new(row.CreatedAt, row.Revision, row.Actor, row.Reason, [.. served.Arms.Select(arm => new TrafficArm(
            state.Releases.TryGetValue(arm.Release, out var release) ? release.Version : "?",
            arm.Name == ArmState.Candidate ? VersionRole.Candidate : VersionRole.Stable, null, arm.Weight / 10_000d))]);
    }
}

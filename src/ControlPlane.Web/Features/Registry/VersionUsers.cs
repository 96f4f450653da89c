using ControlPlane.Data;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Who holds a version, in words. A release holds content, whichever version it was made of: another version with the same files is held as well.</summary>
internal static class VersionUsers
{
    public static async Task<IReadOnlyList<string>> OfAsync(ControlPlaneDb db, string digest, CancellationToken cancel)
    {
        var releases = await db.Releases.Where(release => release.Artifact == digest).Select(release => release.Id).ToListAsync(cancel);
        if (releases.Count == 0)
            return [];

        var endpoints = await db.Endpoints
            .Where(endpoint => releases.Contains(endpoint.StableRelease!) || releases.Contains(endpoint.PreviousRelease!))
            .Select(endpoint => new { endpoint.Environment, endpoint.Name, Serves = releases.Contains(endpoint.StableRelease!) })
            .ToListAsync(cancel);
        var rollouts = await db.Rollouts
            .Where(rollout => rollout.IsOpen && (releases.Contains(rollout.ToRelease) || releases.Contains(rollout.FromRelease!)))
            .Select(rollout => rollout.Number)
            .ToListAsync(cancel);
        return
        [
            .. endpoints.Select(endpoint => $"{(endpoint.Serves ? "served by" : "way back of")} {endpoint.Environment}/{endpoint.Name}"),
            .. rollouts.Select(rollout => $"open rollout #{rollout}"),
        ];
    }
}

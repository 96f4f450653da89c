using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Releases;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;

namespace ControlPlane.Data.Releases;

/// <summary>Makes releases of versions, within the caller's transaction.</summary>
public static class ReleaseRows
{
    /// <summary>The release of a version; the same content is the same release.</summary>
    /// <param name="version">A number or an alias.</param>
    public static async Task<Outcome<Release>> MakeReleaseAsync(
        this ControlPlaneDb db, string model, string version, RuntimeConfiguration? runtime, Actor actor, DateTimeOffset at, CancellationToken cancel)
    {
        if (!(await db.VersionAsync(model, version, cancel)).TryGet(out var row, out var refusal))
            return refusal;
        if (!Release.Of(row, runtime, actor.Name, at).TryGet(out var release, out refusal))
            return refusal;
        if (await db.Releases.SingleOrDefaultAsync(known => known.Id == release.Id, cancel) is { } existing)
            return existing;

        db.Releases.Add(release);
        db.Audit(actor, "release.created", $"release/{release.Id}", at);
        return release;
    }

    private static async Task<Outcome<ModelVersion>> VersionAsync(this ControlPlaneDb db, string model, string version, CancellationToken cancel)
    {
        if (!int.TryParse(version, out var number))
        {
            var alias = await db.Aliases.Join(db.Models.Where(known => known.Name == model), row => row.ModelId, known => known.Id, (row, _) => row)
                .SingleOrDefaultAsync(row => row.Name == version, cancel);
            if (alias is null)
                return Refusal.NotFound("version or alias", $"{model}@{version}");
            number = alias.Number;
        }

        var found = await db.Versions.SingleOrDefaultAsync(known => known.ModelName == model && known.Number == number, cancel);
        return found is null ? Refusal.NotFound("version", $"{model}@{version}") : found;
    }
}

using ControlPlane.Data;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Registry;

/// <summary>What the interface reads of the registry.</summary>
internal sealed class RegistryQueries(IDbContextFactory<ControlPlaneDb> factory, LiveFeed feed, TimeProvider time)
{
    /// <summary>How often a waiting caller looks even when nobody says that something changed: another control plane may have done it.</summary>
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    public async Task<Listing<ModelAnswer>> ListModelsAsync(string? after, int limit, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var models = await db.Models.AsNoTracking()
            .Where(model => after == null || string.Compare(model.Name, after) > 0)
            .OrderBy(model => model.Name)
            .Take(limit + 1)
            .ToListAsync(cancel);
        return Paging.Of(await AnswerAsync(db, models, cancel), limit, model => model.Name);
    }

    public async Task<(ModelAnswer Answer, long Stamp)?> FindModelAsync(string name, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var model = await db.Models.AsNoTracking().SingleOrDefaultAsync(known => known.Name == name, cancel);
        return model is null ? null : ((await AnswerAsync(db, [model], cancel))[0], model.Stamp);
    }

    public async Task<Listing<VersionAnswer>> ListVersionsAsync(string model, int below, int limit, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var versions = await db.Versions.AsNoTracking()
            .Where(version => version.ModelName == model && version.Number < below)
            .OrderByDescending(version => version.Number)
            .Take(limit + 1)
            .ToListAsync(cancel);
        var aliases = await AliasesAsync(db, versions.Select(version => version.ModelId).Distinct().ToList(), cancel);
        return Paging.Of([.. versions.Select(version => VersionAnswer.Of(version, NamesOf(aliases, version)))], limit, version => version.Version);
    }

    /// <param name="version">A number or an alias.</param>
    public async Task<(ModelVersion Version, IReadOnlyList<string> Aliases)?> FindVersionAsync(string model, string version, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var query = db.Versions.AsNoTracking().Where(known => known.ModelName == model);
        query = int.TryParse(version, out var number)
            ? query.Where(known => known.Number == number)
            : query.Where(known => db.Aliases.Any(alias => alias.ModelId == known.ModelId && alias.Name == version && alias.Number == known.Number));
        if (await query.SingleOrDefaultAsync(cancel) is not { } found)
            return null;
        return (found, NamesOf(await AliasesAsync(db, [found.ModelId], cancel), found));
    }

    /// <summary>The version as soon as its validation has ended, or as it is when the time is over.</summary>
    public async Task<(ModelVersion Version, IReadOnlyList<string> Aliases)?> WaitAsync(string model, string version, TimeSpan longest, CancellationToken cancel)
    {
        var until = time.GetUtcNow() + longest;
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var subscription = feed.Subscribe(LiveTopics.Models, () => changed.TrySetResult());
            var found = await FindVersionAsync(model, version, cancel);
            var left = until - time.GetUtcNow();
            if (found?.Version.State is not (VersionState.Uploading or VersionState.Validating) || left <= TimeSpan.Zero)
                return found;
            await Task.WhenAny(changed.Task, Task.Delay(left < _look ? left : _look, time, cancel));
        }
    }

    public async Task<bool> HasModelAsync(string name, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.Models.AnyAsync(model => model.Name == name, cancel);
    }

    private static async Task<List<ModelAnswer>> AnswerAsync(ControlPlaneDb db, List<Model> models, CancellationToken cancel)
    {
        var ids = models.Select(model => model.Id).ToList();
        var counts = await db.Versions.Where(version => ids.Contains(version.ModelId)).GroupBy(version => version.ModelId)
            .Select(group => new { group.Key, Count = group.Count(), Latest = group.Max(version => version.Number) })
            .ToDictionaryAsync(row => row.Key, cancel);
        var aliases = await AliasesAsync(db, ids, cancel);
        return
        [
            .. models.Select(model => ModelAnswer.Of(model) with
            {
                Versions = counts.GetValueOrDefault(model.Id)?.Count ?? 0,
                Latest = counts.GetValueOrDefault(model.Id)?.Latest.ToString(),
                Aliases = aliases.Where(alias => alias.ModelId == model.Id).ToDictionary(alias => alias.Name, alias => alias.Number.ToString(), StringComparer.Ordinal),
            }),
        ];
    }

    private static Task<List<ModelAlias>> AliasesAsync(ControlPlaneDb db, List<Domain.Primitives.ModelId> models, CancellationToken cancel) =>
        db.Aliases.AsNoTracking().Where(alias => models.Contains(alias.ModelId)).OrderBy(alias => alias.Name).ToListAsync(cancel);

    private static List<string> NamesOf(List<ModelAlias> aliases, ModelVersion version) =>
        [.. aliases.Where(alias => alias.ModelId == version.ModelId && alias.Number == version.Number).Select(alias => alias.Name)];
}

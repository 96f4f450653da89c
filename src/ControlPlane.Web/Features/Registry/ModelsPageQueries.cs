using ControlPlane.Data;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Registry;

/// <summary>What the pages of models show.</summary>
public sealed class ModelsPageQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving)
{
    /// <param name="search">Part of a name; null: all.</param>
    /// <param name="sort"><c>name</c>, <c>versions</c> or <c>changed</c>, with a minus downwards; anything else is newest change first.</param>
    /// <param name="page">From 1.</param>
    public async Task<PageOf<ModelRow>> ListAsync(string? search, string? sort, int page, CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        var all = await db.Models.CountAsync(cancel);
        var matching = db.Models.AsNoTracking();
        if (!string.IsNullOrWhiteSpace(search))
            matching = matching.Where(model => model.Name.Contains(search.Trim().ToLower()));

        var rows = matching.Select(model => new
        {
            model.Name,
            model.Tags,
            Versions = db.Versions.Count(version => version.ModelId == model.Id),
            Latest = db.Versions.Where(version => version.ModelId == model.Id).OrderByDescending(version => version.Number).Select(version => (int?)version.Number).FirstOrDefault(),
            State = db.Versions.Where(version => version.ModelId == model.Id).OrderByDescending(version => version.Number).Select(version => (VersionState?)version.State).FirstOrDefault(),
            Changed = db.Versions.Where(version => version.ModelId == model.Id).Max(version => (DateTimeOffset?)version.UploadedAt) ?? model.CreatedAt,
        });
        rows = sort switch
        {
            "name" => rows.OrderBy(row => row.Name),
            "-name" => rows.OrderByDescending(row => row.Name),
            "versions" => rows.OrderBy(row => row.Versions).ThenBy(row => row.Name),
            "-versions" => rows.OrderByDescending(row => row.Versions).ThenBy(row => row.Name),
            "changed" => rows.OrderBy(row => row.Changed).ThenBy(row => row.Name),
            _ => rows.OrderByDescending(row => row.Changed).ThenBy(row => row.Name),
        };
        var total = await matching.CountAsync(cancel);
        var found = await rows.Skip((Pager.Of(page) - 1) * Pager.DefaultSize).Take(Pager.DefaultSize).ToListAsync(cancel);
        return new(
            [.. found.Select(row => new ModelRow(row.Name, row.Latest, row.State?.ToString(), row.Versions, [.. now.PlacesOf(row.Name).Select(place => place.Place)], row.Changed, row.Tags))],
            total,
            all);
    }

    public async Task<ModelView?> FindAsync(string name, CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.Models.AsNoTracking().SingleOrDefaultAsync(model => model.Name == name, cancel) is not { } model)
            return null;

        var versions = await db.Versions.AsNoTracking().Where(version => version.ModelId == model.Id).OrderByDescending(version => version.Number).Take(500).ToListAsync(cancel);
        var aliases = await db.Aliases.AsNoTracking().Where(alias => alias.ModelId == model.Id).OrderBy(alias => alias.Name).Select(alias => new AliasRow(alias.Name, alias.Number)).ToListAsync(cancel);
        var places = now.PlacesOf(name).ToLookup(place => place.Version, place => place.Place);
        return new(
            model.Name,
            model.Description,
            model.Tags,
            model.CreatedAt,
            model.CreatedBy,
            model.LastNumber + 1,
            aliases,
            [.. versions.Select(version => Row(version, [.. places[version.Number]]))]);
    }

    private static VersionRow Row(ModelVersion version, IReadOnlyList<ServingIn> places) => new(
        version.Number,
        version.State.ToString(),
        version.RejectedReason,
        version.UploadedBy,
        version.UploadedAt,
        version.SizeBytes,
        version.Signature is { } signature ? string.Join(", ", signature.Inputs.Select(input => $"{input.Name} {TensorText.Shape(input)}")) : "",
        version.Notes.Metrics ?? new Dictionary<string, double>(),
        places);
}

using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Makes and describes models, and moves aliases.</summary>
internal sealed class ModelCommands(IDbContextFactory<ControlPlaneDb> factory, Wakes wakes, LiveFeed feed, TimeProvider time)
{
    public async Task<Outcome<Model>> CreateAsync(string name, string? description, IReadOnlyList<string>? tags, Actor actor, CancellationToken cancel)
    {
        var at = time.GetUtcNow();
        var exists = new Refusal("ModelExists", $"There is a model {name} already. Upload a version of it, or choose another name.");
        Outcome<Model> outcome;
        try
        {
            outcome = await factory.ChangeAsync<Model>(
                actor,
                new Need(Permission.DescribeModels, $"model/{name}"),
                time.GetUtcNow(),
                async db =>
                {
                    if (!Model.Create(name, description, tags, actor, at).TryGet(out var model, out var refusal))
                        return refusal;
                    if (await db.Models.AnyAsync(known => known.Name == name, cancel))
                        return exists;
                    db.Models.Add(model);
                    db.Audit(actor, "model.created", $"model/{name}", at);
                    return model;
                },
                cancel);
        }
        catch (DbUpdateException) when (!cancel.IsCancellationRequested)
        {
            // Two at once: the unique index let one through.
            await using var db = await factory.CreateDbContextAsync(cancel);
            if (!await db.Models.AnyAsync(known => known.Name == name, cancel))
                throw;
            return exists;
        }

        if (outcome.TryGet(out _, out _))
        {
            wakes.Wake(EffectRunner.Loop);
            feed.Publish(LiveTopics.Models);
        }

        return outcome;
    }

    public async Task<Outcome<Model>> DescribeAsync(string name, string? description, IReadOnlyList<string>? tags, long? seen, Actor actor, CancellationToken cancel) =>
        Tell(await factory.ChangeAsync<Model>(
            actor,
            new Need(Permission.DescribeModels, $"model/{name}"),
            time.GetUtcNow(),
            async db =>
            {
                var model = await db.Models.SingleOrDefaultAsync(known => known.Name == name, cancel);
                if (model is null)
                    return Refusal.NotFound("model", name);
                if (seen is not null && seen != model.Stamp)
                    return Refusal.Stale($"Model {name}");
                if (!model.Describe(description, tags).TryGet(out _, out var refusal))
                    return refusal;
                db.Audit(actor, "model.described", $"model/{name}", time.GetUtcNow());
                return model;
            },
            cancel));

    public async Task<Outcome<ModelAlias>> PutAliasAsync(string name, string alias, int number, Actor actor, CancellationToken cancel) =>
        Tell(await factory.ChangeAsync<ModelAlias>(
            actor,
            new Need(Permission.DescribeModels, $"model/{name}"),
            time.GetUtcNow(),
            async db =>
            {
                if (ModelAlias.Check(alias) is { } refusal)
                    return refusal;
                var version = await db.Versions.SingleOrDefaultAsync(known => known.ModelName == name && known.Number == number, cancel);
                if (version is null)
                    return Refusal.NotFound($"version {number} of model", name);
                if (version.State != VersionState.Ready)
                    return new Refusal("VersionNotReady", $"Version {number} of {name} is {version.State}; an alias points at a version that is Ready.");

                var known = await db.Aliases.SingleOrDefaultAsync(row => row.ModelId == version.ModelId && row.Name == alias, cancel);
                db.Audit(actor, "alias.moved", $"model/{name}", time.GetUtcNow(), alias, known?.Number.ToString(), number.ToString());
                if (known is null)
                    db.Aliases.Add(known = new ModelAlias { ModelId = version.ModelId, Name = alias, Number = number });
                else
                    known.Number = number;
                await db.PublishWhereServedAsync(name, actor, $"Alias {alias} of {name} moved to {number}", time.GetUtcNow(), cancel);
                return known;
            },
            cancel));

    public async Task<Outcome<Done>> DeleteAliasAsync(string name, string alias, Actor actor, CancellationToken cancel) =>
        Tell(await factory.ChangeAsync<Done>(
            actor,
            new Need(Permission.DescribeModels, $"model/{name}"),
            time.GetUtcNow(),
            async db =>
            {
                var known = await db.Aliases.SingleOrDefaultAsync(row => row.Name == alias && db.Models.Any(model => model.Id == row.ModelId && model.Name == name), cancel);
                if (known is null)
                    return Refusal.NotFound($"alias of {name} named", alias);
                db.Aliases.Remove(known);
                db.Audit(actor, "alias.deleted", $"model/{name}", time.GetUtcNow(), alias, known.Number.ToString());
                await db.PublishWhereServedAsync(name, actor, $"Alias {alias} of {name} deleted", time.GetUtcNow(), cancel);
                return default(Done);
            },
            cancel));

    private Outcome<T> Tell<T>(Outcome<T> outcome)
    {
        if (outcome.TryGet(out _, out _))
            feed.Publish(LiveTopics.Models);
        return outcome;
    }
}

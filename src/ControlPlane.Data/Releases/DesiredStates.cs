using System.IO.Compression;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Releases;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace ControlPlane.Data.Releases;

/// <summary>Publishes and reads the revisions of an environment.</summary>
public static class DesiredStates
{
    /// <summary>
    /// Makes the next revision from what the database holds, in the caller's transaction. What the caller changed is saved first, so that the queries
    /// here see it. Where nodes would be asked for nothing new, the newest revision stays.
    /// </summary>
    /// <exception cref="RevisionRegressionException">Nodes hold more than the database knows of; <see cref="Changes"/> makes a refusal of it.</exception>
    public static async Task<long> PublishAsync(this ControlPlaneDb db, string environment, Actor actor, string reason, DateTimeOffset at, CancellationToken cancel)
    {
        await db.SaveChangesAsync(cancel);
        var target = await TakeAsync(db, environment, cancel);
        var reports = await ReportsAsync(db, environment, cancel);
        if (reports.Where(report => Convergence.HoldsMore(report, target.TimelineId, target.Revision)).Max(report => (long?)report.AppliedRevision) is { } ahead)
            throw new RevisionRegressionException(environment, target.Revision, ahead);
        return await PublishAsync(db, target, target.Revision + 1, actor, reason, at, cancel);
    }

    /// <summary>As <see cref="PublishAsync(ControlPlaneDb, string, Actor, string, DateTimeOffset, CancellationToken)"/>, for every environment whose nodes hold a version of the model.</summary>
    public static async Task PublishWhereServedAsync(this ControlPlaneDb db, string model, Actor actor, string reason, DateTimeOffset at, CancellationToken cancel)
    {
        var releases = db.Releases.Where(release => release.Model == model).Select(release => release.Id);
        var environments = await db.Endpoints.Where(endpoint => releases.Contains(endpoint.StableRelease) || releases.Contains(endpoint.PreviousRelease)).Select(endpoint => endpoint.Environment)
            .Union(db.Rollouts.Where(rollout => rollout.IsOpen && releases.Contains(rollout.ToRelease)).Select(rollout => rollout.Environment))
            .ToListAsync(cancel);
        // In one order, so that two writers cannot wait for each other.
        foreach (var environment in environments.Order(StringComparer.Ordinal))
            await db.PublishAsync(environment, actor, reason, at, cancel);
    }

    /// <summary>Begins a new timeline above everything a node ever reported, so that nodes take this database's word again after a restore.</summary>
    /// <param name="highestReported">What the caller knows beyond the reports in the database.</param>
    public static async Task<long> ReassertAsync(this ControlPlaneDb db, string environment, long highestReported, Actor actor, DateTimeOffset at, CancellationToken cancel)
    {
        await db.SaveChangesAsync(cancel);
        var target = await TakeAsync(db, environment, cancel);
        var stored = (await ReportsAsync(db, environment, cancel)).Max(report => (long?)report.AppliedRevision) ?? 0;
        target.TimelineId = Guid.CreateVersion7(at).ToString("N");
        return await PublishAsync(db, target, Math.Max(target.Revision, Math.Max(stored, highestReported)) + 1, actor, "Re-asserted", at, cancel);
    }

    /// <summary>The newest document of an environment, byte for byte; null before the first.</summary>
    public static async Task<(byte[] Utf8, string ContentHash, string TimelineId, long Revision)?> NewestAsync(this ControlPlaneDb db, string environment, CancellationToken cancel)
    {
        var row = await db.DesiredStates.AsNoTracking()
            .Join(db.Environments.Where(known => known.Name == environment), state => new { state.Environment, state.TimelineId, state.Revision },
                known => new { Environment = known.Name, known.TimelineId, known.Revision }, (state, _) => state)
            .SingleOrDefaultAsync(cancel);
        return row is null ? null : (Unzip(row.Document), row.ContentHash, row.TimelineId, row.Revision);
    }

    /// <summary>What was asked for at a time; null: nothing yet.</summary>
    public static async Task<DesiredState?> AtAsync(this ControlPlaneDb db, string environment, DateTimeOffset at, CancellationToken cancel)
    {
        var row = await db.DesiredStates.AsNoTracking()
            .Where(state => state.Environment == environment && state.CreatedAt <= at)
            .OrderByDescending(state => state.CreatedAt).ThenByDescending(state => state.Revision)
            .FirstOrDefaultAsync(cancel);
        return row is null ? null : StateDocument.Verify(Unzip(row.Document), out _)?.State;
    }

    public static byte[] Unzip(byte[] document)
    {
        using var zipped = new GZipStream(new MemoryStream(document), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        zipped.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>
    /// Raises the environment's stamp before anything is read: on every database another writer waits here until this one is done, and then reads what
    /// it left. Without it two writers at once would each make the same revision, and one of them fail.
    /// </summary>
    private static async Task<ServingEnvironment> TakeAsync(ControlPlaneDb db, string environment, CancellationToken cancel)
    {
        await db.Environments.Where(known => known.Name == environment).ExecuteUpdateAsync(row => row.SetProperty(known => known.Stamp, known => known.Stamp + 1), cancel);
        var target = await db.Environments.SingleAsync(known => known.Name == environment, cancel);
        await db.Entry(target).ReloadAsync(cancel);
        return target;
    }

    private static Task<List<Report>> ReportsAsync(ControlPlaneDb db, string environment, CancellationToken cancel) =>
        db.NodeStatuses.AsNoTracking()
            .Join(db.Nodes.Where(node => node.Environment == environment && node.RevokedAt == null), status => status.NodeId, node => node.Id, (status, _) => status.Report)
            .ToListAsync(cancel);

    private static async Task<long> PublishAsync(ControlPlaneDb db, ServingEnvironment target, long revision, Actor actor, string reason, DateTimeOffset at, CancellationToken cancel)
    {
        var endpoints = await db.Endpoints.Where(endpoint => endpoint.Environment == target.Name).ToListAsync(cancel);
        var rollouts = await db.Rollouts.Where(rollout => rollout.Environment == target.Name && rollout.IsOpen).ToListAsync(cancel);
        var named = endpoints.SelectMany(endpoint => new[] { endpoint.StableRelease, endpoint.PreviousRelease })
            .Concat(rollouts.Select(rollout => rollout.ToRelease))
            .OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var releases = await db.Releases.Where(release => named.Contains(release.Id)).ToDictionaryAsync(release => release.Id, StringComparer.Ordinal, cancel);

        var aliases = await AliasesAsync(db, releases.Values, cancel);
        if (target.ContentHash is { } served && StateDocument.Seal(Planner.Plan(target, target.Revision, endpoints, rollouts, releases, aliases)).ContentHash == served)
            return target.Revision;
        var document = StateDocument.Seal(Planner.Plan(target, revision, endpoints, rollouts, releases, aliases));
        target.Revision = revision;
        target.ContentHash = document.ContentHash;
        db.DesiredStates.Add(new DesiredStateRow
        {
            Environment = target.Name,
            TimelineId = target.TimelineId,
            Revision = revision,
            ContentHash = document.ContentHash,
            Document = Zip(document.Utf8.Span),
            CreatedAt = at,
            Actor = actor.Name,
            Reason = reason,
        });
        db.PendingEffects.Add(PendingEffect.Of(PendingEffect.PushState, target.Name, at));
        await db.SaveChangesAsync(cancel);
        return revision;
    }

    private static async Task<ILookup<(string Model, int Version), string>> AliasesAsync(ControlPlaneDb db, IEnumerable<Release> releases, CancellationToken cancel)
    {
        var models = releases.Select(release => release.Model).Distinct(StringComparer.Ordinal).ToList();
        var rows = await db.Aliases.Join(db.Models.Where(model => models.Contains(model.Name)), alias => alias.ModelId, model => model.Id, (alias, model) => new { model.Name, alias.Number, Alias = alias.Name })
            .ToListAsync(cancel);
        return rows.ToLookup(row => (row.Name, row.Number), row => row.Alias);
    }

    private static byte[] Zip(ReadOnlySpan<byte> utf8)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
            gzip.Write(utf8);
        return zipped.ToArray();
    }
}

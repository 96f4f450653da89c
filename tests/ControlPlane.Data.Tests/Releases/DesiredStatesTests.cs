using ControlPlane.Data.Releases;
using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;

namespace ControlPlane.Data.Tests.Releases;

/// <summary>Revisions as they are published, kept and read again.</summary>
public sealed class DesiredStatesTests(Databases databases)
{
    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_revision_its_row_and_its_push_are_one_and_the_newest_is_read_byte_for_byte(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();
        var release = Some.Release();
        await ServeAsync(database, "fraud", version: 1);

        await using var db = database.CreateDbContext();
        var newest = await db.NewestAsync(TestDatabase.Production, CancellationToken.None);
        var document = StateDocument.Verify(newest!.Value.Utf8, out var defect);

        Assert.Null(defect);
        Assert.Equal((1L, "t1", newest.Value.ContentHash), (document!.State.Revision, document.State.TimelineId, document.ContentHash));
        Assert.Equal([new ArmState(ArmState.Stable, release.Id, 10_000)], document.State.Endpoints.Single().Arms);
        var push = await db.PendingEffects.SingleAsync();
        Assert.Equal((PendingEffect.PushState, TestDatabase.Production), (push.Kind, push.Subject));
        Assert.Equal(newest.Value.ContentHash, (await db.Environments.SingleAsync()).ContentHash);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Tells_what_served_at_any_time(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();
        for (var hour = 0; hour < 3; hour++)
            await ServeAsync(database, $"e{hour}", hour + 1, Some.Noon.AddHours(hour));

        await using var db = database.CreateDbContext();
        async Task<long?> RevisionAt(double hours) => (await db.AtAsync(TestDatabase.Production, Some.Noon.AddHours(hours), CancellationToken.None))?.Revision;

        Assert.Equal([null, 1, 1, 2, 3, 3], [await RevisionAt(-0.001), await RevisionAt(0), await RevisionAt(0.999), await RevisionAt(1), await RevisionAt(2), await RevisionAt(1_000)]);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_change_that_is_refused_after_it_published_takes_its_revision_back(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();

        await database.ChangeAsync<Done>(async db =>
        {
            await db.PublishAsync(TestDatabase.Production, Some.Person, "never", Some.Noon, CancellationToken.None);
            return new Refusal("No", "No.");
        }, CancellationToken.None);

        await using var fresh = database.CreateDbContext();
        Assert.Equal((0L, 0, 0), ((await fresh.Environments.SingleAsync()).Revision, await fresh.DesiredStates.CountAsync(), await fresh.PendingEffects.CountAsync()));
    }

    /// <summary>Eight control planes change one environment at once: each change is in the document of its own revision and of all later ones.</summary>
    [Theory, MemberData(nameof(Providers))]
    public async Task I1_Revisions_have_no_gap_no_repeat_and_lose_no_change_when_many_write_at_once(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
                await ServeAsync(database, $"e{writer}-{i}", 1 + i);
        })));

        await using var db = database.CreateDbContext();
        var rows = await db.DesiredStates.OrderBy(row => row.Revision).ToListAsync();
        Assert.Equal(Enumerable.Range(1, 40).Select(number => (long)number), rows.Select(row => row.Revision));
        var documents = rows.Select(row => StateDocument.Verify(DesiredStates.Unzip(row.Document), out _)!).ToList();
        Assert.Equal(Enumerable.Range(1, 40), documents.Select(document => document.State.Endpoints.Count));
        Assert.Equal(rows.Select(row => row.ContentHash), documents.Select(document => document.ContentHash));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_open_rollout_is_in_the_document_and_a_closed_one_is_not(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();
        var candidate = Some.Release(2);
        await ServeAsync(database, "fraud", version: 1);
        await database.ChangeAsync<long>(async db =>
        {
            var endpoint = await db.Endpoints.SingleAsync();
            db.Releases.Add(candidate);
            db.Rollouts.Add(Some.Started(1, endpoint, candidate.Id, AllAtOnce.Plan(needsApproval: false)));
            return await db.PublishAsync(TestDatabase.Production, Some.Person, "deploy", Some.Noon, CancellationToken.None);
        }, CancellationToken.None);
        Assert.Equal([candidate.Id], (await NewestAsync(database)).KeepWarm);

        await database.ChangeAsync<long>(async db =>
        {
            var rollout = await db.Rollouts.SingleAsync();
            var taken = Some.Value(RolloutMachine.Next(rollout.Plan, rollout.State, new RolloutEvent.TakenOver("#2", Some.Noon)));
            db.Decisions.Add(rollout.Move(taken, "a", Some.Noon)!);
            return await db.PublishAsync(TestDatabase.Production, Some.Person, "superseded", Some.Noon, CancellationToken.None);
        }, CancellationToken.None);
        Assert.Empty((await NewestAsync(database)).KeepWarm);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task What_asks_nodes_for_nothing_new_makes_no_revision_and_no_push(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();
        await ServeAsync(database, "fraud", version: 1);

        var again = Some.Value(await database.ChangeAsync<long>(
            async db => await db.PublishAsync(TestDatabase.Production, Some.Person, "again", Some.Noon, CancellationToken.None), CancellationToken.None));

        await using var db = database.CreateDbContext();
        Assert.Equal(1, again);
        Assert.Equal((1, 1), (await db.DesiredStates.CountAsync(), await db.PendingEffects.CountAsync()));
    }

    private static async Task<DesiredState> NewestAsync(TestDatabase database)
    {
        await using var db = database.CreateDbContext();
        return StateDocument.Verify((await db.NewestAsync(TestDatabase.Production, CancellationToken.None))!.Value.Utf8, out _)!.State;
    }

    /// <summary>Makes an endpoint that serves a release of this version.</summary>
    [Theory, MemberData(nameof(Providers))]
    public async Task An_alias_that_moves_makes_a_revision_where_its_model_is_served_and_nowhere_else(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();
        await ServeAsync(database, "fraud", version: 1);
        var model = Some.Model();
        await database.ChangeAsync<Done>(async db =>
        {
            db.Environments.Add(new ServingEnvironment { Name = "other", TimelineId = "t2" });
            db.Models.Add(model);
            await db.SaveChangesAsync();
            return default(Done);
        }, CancellationToken.None);

        Assert.Equal((2L, "champion"), await MoveAsync("champion", 1));
        Assert.Equal((3L, "best,champion"), await MoveAsync("best", 1));
        Assert.Equal((4L, "best"), await MoveAsync("champion", 9));
        Assert.Equal((4L, "best"), await MoveAsync("champion", 8));

        async Task<(long Revision, string Aliases)> MoveAsync(string alias, int number)
        {
            await database.ChangeAsync<Done>(async db =>
            {
                if (await db.Aliases.SingleOrDefaultAsync(row => row.Name == alias) is { } known)
                    known.Number = number;
                else
                    db.Aliases.Add(new ModelAlias { ModelId = model.Id, Name = alias, Number = number });
                await db.PublishWhereServedAsync("fraud", Some.Person, "moved", Some.Noon, CancellationToken.None);
                return default(Done);
            }, CancellationToken.None);
            await using var fresh = database.CreateDbContext();
            Assert.Equal(0, (await fresh.Environments.SingleAsync(row => row.Name == "other")).Revision);
            var newest = await fresh.NewestAsync(TestDatabase.Production, CancellationToken.None);
            return (newest!.Value.Revision, string.Join(',', StateDocument.Verify(newest.Value.Utf8, out _)!.State.Releases.Values.Single().Aliases ?? []));
        }
    }

    private static async Task ServeAsync(TestDatabase database, string name, int version, DateTimeOffset? at = null) => Some.Value(await database.ChangeAsync<long>(async db =>
    {
        var release = Some.Release(version);
        if (!await db.Releases.AnyAsync(known => known.Id == release.Id))
            db.Releases.Add(release);
        var endpoint = Some.Endpoint(name);
        endpoint.Serve(release.Id, Some.Noon);
        db.Endpoints.Add(endpoint);
        return await db.PublishAsync(TestDatabase.Production, Some.Person, "serve", at ?? Some.Noon, CancellationToken.None);
    }, CancellationToken.None));
}

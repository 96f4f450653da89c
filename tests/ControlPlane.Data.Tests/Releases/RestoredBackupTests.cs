using ControlPlane.Data.Releases;
using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.Reports;

namespace ControlPlane.Data.Tests.Releases;

/// <summary>The database is yesterday's, the nodes are today's.</summary>
public sealed class RestoredBackupTests(Databases databases)
{
    private const long InDatabase = 100;
    private const long OnNodes = 120;

    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task F26_Nothing_is_published_while_nodes_hold_more_than_the_database_knows(string provider)
    {
        await using var database = await RestoredAsync(provider, "t1", OnNodes);

        var outcome = await PublishAsync(database);

        var refusal = Some.Refusal(outcome);
        Assert.Equal(("RevisionRegression", RefusalKind.NotAllowed), (refusal.Code, refusal.Kind));
        Assert.Contains("120", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("100", refusal.Message, StringComparison.Ordinal);
        await using var db = database.CreateDbContext();
        Assert.Equal((InDatabase, 0), ((await db.Environments.SingleAsync()).Revision, await db.DesiredStates.CountAsync()));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task F26_Re_asserting_begins_a_new_timeline_above_what_any_node_reported_and_publishing_goes_on(string provider)
    {
        await using var database = await RestoredAsync(provider, "t1", OnNodes);

        var revision = Some.Value(await database.ChangeAsync<long>(
            async db => await db.ReassertAsync(TestDatabase.Production, 0, Some.Person, Some.Noon, CancellationToken.None), CancellationToken.None));

        Assert.Equal(OnNodes + 1, revision);
        await using var db = database.CreateDbContext();
        var newest = await db.NewestAsync(TestDatabase.Production, CancellationToken.None);
        Assert.Equal(OnNodes + 1, newest!.Value.Revision);
        Assert.NotEqual("t1", newest.Value.TimelineId);
        Assert.Equal(OnNodes + 2, Some.Value(await PublishAsync(database)));
    }

    [Theory]
    [InlineData("t1", 101, true)]
    [InlineData("t1", 100, false)]
    [InlineData("t0", 100, true)]
    [InlineData("t0", 99, false)]
    [InlineData(null, 120, false)]
    public async Task F26_A_node_is_ahead_by_revision_within_a_timeline_and_by_being_no_older_in_another(string? timeline, long applied, bool isAhead)
    {
        await using var database = await RestoredAsync(DatabaseSetup.Sqlite, timeline, applied);

        var outcome = await PublishAsync(database);

        Assert.Equal(isAhead, !outcome.TryGet(out _, out _));
    }

    private static Task<Outcome<long>> PublishAsync(TestDatabase database) => database.ChangeAsync<long>(
        async db =>
        {
            db.Endpoints.Add(Some.Endpoint("fraud"));
            return await db.PublishAsync(TestDatabase.Production, Some.Person, "change", Some.Noon, CancellationToken.None);
        }, CancellationToken.None);

    private async Task<TestDatabase> RestoredAsync(string provider, string? timeline, long applied)
    {
        var database = await (await databases.MakeAsync(provider)).WithProductionAsync();
        await using var db = database.CreateDbContext();
        (await db.Environments.SingleAsync()).Revision = InDatabase;
        var node = new Node
        {
            Id = NodeId.New(Some.Noon), Name = "node-1", Kind = "node", Environment = TestDatabase.Production, Pool = "default", CredentialHash = new string('a', 64), JoinedAt = Some.Noon,
        };
        db.Nodes.Add(node);
        db.NodeStatuses.Add(new NodeStatus { NodeId = node.Id, LastSeen = Some.Noon, Report = new Report { NodeSession = "s", Clock = Some.Noon, TimelineId = timeline, AppliedRevision = applied } });
        await db.SaveChangesAsync();
        return database;
    }
}

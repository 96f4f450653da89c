using ControlPlane.Data.Audit;
using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ControlPlane.Data.Tests.Concurrency;

/// <summary>What was written down cannot be changed unseen, nor buried.</summary>
public sealed class AuditChainTests(Databases databases)
{
    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task H96_The_first_row_that_was_edited_deleted_or_cut_off_is_named(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        await WriteAsync(database, 6);
        await using var db = database.CreateDbContext();
        var ids = await db.AuditEntries.OrderBy(row => row.Id).Select(row => row.Id).ToListAsync();
        var head = await db.AuditHeadAsync(CancellationToken.None);

        Assert.Equal((true, 6L, 0L), Facts(await db.VerifyAuditAsync(head, CancellationToken.None)));

        await db.AuditEntries.Where(row => row.Id == ids[3]).ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Target, "model/other"));
        var edited = await db.VerifyAuditAsync(null, CancellationToken.None);
        await db.AuditEntries.Where(row => row.Id == ids[1]).ExecuteDeleteAsync();
        var deleted = await db.VerifyAuditAsync(null, CancellationToken.None);
        await db.AuditLinks.Where(link => link.Number == 2).ExecuteDeleteAsync();
        var unlinked = await db.VerifyAuditAsync(null, CancellationToken.None);
        await db.AuditLinks.Where(link => link.Number >= 2).ExecuteDeleteAsync();
        await db.AuditEntries.Where(row => row.Id != ids[0]).ExecuteDeleteAsync();
        var cut = await db.VerifyAuditAsync(null, CancellationToken.None);
        var cutSeen = await db.VerifyAuditAsync(head, CancellationToken.None);

        Assert.Equal((ids[3], $"Row {ids[3]} is not as it was sealed."), (edited.BadRow, edited.Problem));
        Assert.Equal((ids[1], $"Row {ids[1]} was deleted after it was sealed."), (deleted.BadRow, deleted.Problem));
        Assert.Equal("Link 2 of the chain is missing.", unlinked.Problem);
        Assert.True(cut.IsIntact);
        Assert.Equal("The chain ends at 1 and went to 6 before: its end was cut off.", cutSeen.Problem);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task H96_A_chain_made_anew_does_not_hold_the_head_seen_before(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        await WriteAsync(database, 3);
        await using var db = database.CreateDbContext();
        var head = await db.AuditHeadAsync(CancellationToken.None);

        await db.AuditEntries.ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Actor, "somebody@example.com"));
        await db.AuditLinks.ExecuteDeleteAsync();
        Some.Value(await database.SealAsync(Some.Noon, CancellationToken.None));

        Assert.True((await db.VerifyAuditAsync(null, CancellationToken.None)).IsIntact);
        Assert.Equal("The chain has another seal at 3 than the one given: it was made anew.", (await db.VerifyAuditAsync(head, CancellationToken.None)).Problem);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task One_sealer_at_a_time_until_its_lease_is_over(string provider)
    {
        await using var database = await databases.MakeAsync(provider);

        Assert.True(await LeaseAsync("a", 0));
        Assert.False(await LeaseAsync("b", 5));
        Assert.True(await LeaseAsync("a", 9));
        Assert.False(await LeaseAsync("b", 15));
        Assert.True(await LeaseAsync("b", 20));
        Assert.False(await LeaseAsync("a", 21));

        Task<bool> LeaseAsync(string owner, int second) => database.LeaseSealerAsync(owner, Some.Noon.AddSeconds(second), TimeSpan.FromSeconds(10), CancellationToken.None);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task H97_A_flood_of_denials_becomes_one_row_and_hides_no_change(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        const int Flood = Denials.InFull + 70;

        await Parallel.ForEachAsync(Enumerable.Range(0, Flood), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, cancel) =>
        {
            await using var db = database.CreateDbContext();
            await db.DenyAsync(Some.Person, "authz.denied", $"model/m{i}", Some.Noon.AddMilliseconds(i), "UploadVersions", cancel);
        });
        await WriteAsync(database, 2);
        Assert.Equal(0, Some.Value(await database.FoldDenialsAsync(Some.Noon.AddSeconds(59), CancellationToken.None)));
        Assert.Equal(1, Some.Value(await database.FoldDenialsAsync(Some.Noon.AddSeconds(60), CancellationToken.None)));
        Assert.Equal(0, Some.Value(await database.FoldDenialsAsync(Some.Noon.AddSeconds(61), CancellationToken.None)));
        Some.Value(await database.SealAsync(Some.Noon.AddSeconds(62), CancellationToken.None));

        await using var after = database.CreateDbContext();
        var denied = await after.AuditEntries.Where(row => row.Outcome == "denied").OrderBy(row => row.Id).ToListAsync();
        Assert.Equal(Denials.InFull + 1, denied.Count);
        Assert.Equal(70, denied[^1].Repeats);
        Assert.InRange(denied[^1].FirstAt!.Value, Some.Noon, Some.Noon.AddMilliseconds(Flood));
        Assert.Equal(2, await after.AuditEntries.CountAsync(row => row.Outcome == "done"));
        Assert.Equal((true, Denials.InFull + 3L, 0L), Facts(await after.VerifyAuditAsync(null, CancellationToken.None)));
    }

    /// <summary>The statements of docs/security.md.</summary>
    [Fact]
    public async Task H96_A_user_of_PostgreSQL_may_add_rows_and_seals_and_neither_change_nor_delete_them()
    {
        await using var owned = await databases.MakeAsync(DatabaseSetup.PostgreSql);
        await using (var owner = owned.CreateDbContext())
        {
            await owner.Database.ExecuteSqlRawAsync("""
                CREATE ROLE audit_test_user LOGIN PASSWORD 'not-a-secret';
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO audit_test_user;
                GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO audit_test_user;
                REVOKE UPDATE, DELETE ON "AuditEntries", "AuditLinks" FROM audit_test_user;
                """);
        }

        await using var used = new TestDatabase(DatabaseSetup.PostgreSql, new NpgsqlConnectionStringBuilder(owned.Connection) { Username = "audit_test_user", Password = "not-a-secret" }.ConnectionString);
        await WriteAsync(used, 2);

        await using var db = used.CreateDbContext();
        Assert.Equal((true, 2L, 0L), Facts(await db.VerifyAuditAsync(null, CancellationToken.None)));
        var refused = new[]
        {
            await Assert.ThrowsAsync<PostgresException>(() => db.AuditEntries.ExecuteDeleteAsync()),
            await Assert.ThrowsAsync<PostgresException>(() => db.AuditEntries.ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Actor, "x"))),
            await Assert.ThrowsAsync<PostgresException>(() => db.AuditLinks.ExecuteDeleteAsync()),
        };
        Assert.All(refused, answer => Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, answer.SqlState));
    }

    private static (bool IsIntact, long Rows, long Unsealed) Facts(AuditVerdict verdict) => (verdict.IsIntact, verdict.Head.Number, verdict.Unsealed);

    private static async Task WriteAsync(TestDatabase database, int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            Some.Value(await database.ChangeAsync<Done>(db =>
            {
                db.Audit(Some.Person, "model.created", $"model/m{i}", Some.Noon.AddTicks(i), "because", "{\"a\":1}", "{\"a\":2}");
                return Task.FromResult<Outcome<Done>>(default(Done));
            }, CancellationToken.None));
        }

        Some.Value(await database.SealAsync(Some.Noon, CancellationToken.None));
    }
}

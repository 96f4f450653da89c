using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data.Tests.Concurrency;

/// <summary>A change and what is written down of it are one.</summary>
public sealed class AuditTests(Databases databases)
{
    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task F98_A_change_whose_audit_row_cannot_be_written_did_not_happen(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        await RenameAsync(database, "AuditEntries", "Gone");

        await Assert.ThrowsAsync<DbUpdateException>(() => CreateAsync(database));

        await using (var db = database.CreateDbContext())
            Assert.Equal((0, 0), (await db.Models.CountAsync(), await db.PendingEffects.CountAsync()));
        await RenameAsync(database, "Gone", "AuditEntries");
        Some.Value(await CreateAsync(database));
        await using var fresh = database.CreateDbContext();
        var entry = await fresh.AuditEntries.SingleAsync();
        Assert.Equal(("a@example.com", "model.created", "model/fraud", "done", Some.Noon), (entry.Actor, entry.Action, entry.Target, entry.Outcome, entry.At));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_refused_change_leaves_no_trace(string provider)
    {
        await using var database = await databases.MakeAsync(provider);

        var outcome = await database.ChangeAsync<Done>(async db =>
        {
            db.Models.Add(Some.Model());
            await db.SaveChangesAsync();
            return new Refusal("No", "No.");
        }, CancellationToken.None);

        Assert.Equal("No", Some.Refusal(outcome).Code);
        await using var db = database.CreateDbContext();
        Assert.Equal(0, await db.Models.CountAsync());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Texts_that_a_database_cannot_hold_are_made_storable_and_harm_no_change(string provider)
    {
        await using var database = await databases.MakeAsync(provider);

        Some.Value(await database.ChangeAsync<Done>(db =>
        {
            db.Audit(Some.Person, "model.created", "model/fraud", Some.Noon, "nul \0, half \ud83d of a pair, whole \ud83d\ude00");
            return Task.FromResult<Outcome<Done>>(default(Done));
        }, CancellationToken.None));

        await using var db = database.CreateDbContext();
        Assert.Equal("nul \ufffd, half \ufffd of a pair, whole \ud83d\ude00", (await db.AuditEntries.SingleAsync()).Reason);
    }

    private static Task<Outcome<Done>> CreateAsync(TestDatabase database) => database.ChangeAsync<Done>(db =>
    {
        db.Models.Add(Some.Model());
        db.PendingEffects.Add(PendingEffect.Of(PendingEffect.InspectVersion, "1", Some.Noon));
        db.Audit(Some.Person, "model.created", "model/fraud", Some.Noon);
        return Task.FromResult<Outcome<Done>>(default(Done));
    }, CancellationToken.None);

    private static async Task RenameAsync(TestDatabase database, string from, string to)
    {
        await using var db = database.CreateDbContext();
        await db.Database.ExecuteSqlRawAsync(database.Provider == DatabaseSetup.SqlServer ? $"EXEC sp_rename '{from}', '{to}'" : $"ALTER TABLE \"{from}\" RENAME TO \"{to}\"");
    }
}

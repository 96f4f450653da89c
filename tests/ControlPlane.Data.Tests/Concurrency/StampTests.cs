using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data.Tests.Concurrency;

/// <summary>Two people change one thing at once.</summary>
public sealed class StampTests(Databases databases)
{
    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task F21_Of_two_contexts_that_change_one_row_the_second_is_told(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        await AddAsync(database);
        await using var first = database.CreateDbContext();
        await using var second = database.CreateDbContext();
        var seenByFirst = await first.Models.SingleAsync();
        var seenBySecond = await second.Models.SingleAsync();

        seenByFirst.Describe("first", null);
        await first.SaveChangesAsync();
        seenBySecond.Describe("second", null);

        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => second.SaveChangesAsync());
        await using var fresh = database.CreateDbContext();
        var stored = await fresh.Models.SingleAsync();
        Assert.Equal(("first", 2L), (stored.Description, stored.Stamp));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task F21_A_change_that_lost_is_made_again_on_what_the_other_left(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        await AddAsync(database);
        var tries = 0;

        var outcome = await database.ChangeAsync<int>(async db =>
        {
            var model = await db.Models.SingleAsync();
            if (++tries == 1)
                await ElsewhereAsync(database, db);
            return model.TakeNumber(null);
        }, CancellationToken.None);

        Assert.Equal(2, tries);
        Assert.Equal(provider == DatabaseSetup.Sqlite ? 1 : 2, Some.Value(outcome));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_change_that_loses_every_time_is_refused_as_stale(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        await AddAsync(database);

        var outcome = await database.ChangeAsync<int>(async db =>
        {
            var model = await db.Models.SingleAsync();
            await ElsewhereAsync(database, db);
            return model.TakeNumber(null);
        }, CancellationToken.None);

        Assert.Equal(RefusalKind.Stale, Some.Refusal(outcome).Kind);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Two_that_make_the_same_name_at_once_do_not_both_succeed_and_the_second_sees_the_first(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        var tries = 0;

        var outcome = await database.ChangeAsync<Done>(async db =>
        {
            if (await db.Models.AnyAsync(model => model.Name == "fraud"))
                return new Refusal("ModelExists", "There is a model fraud already.");
            if (++tries == 1 && provider != DatabaseSetup.Sqlite)
                await AddAsync(database);
            db.Models.Add(Some.Model());
            return default(Done);
        }, CancellationToken.None);

        Assert.Equal(provider == DatabaseSetup.Sqlite, outcome.TryGet(out _, out _));
        await using var fresh = database.CreateDbContext();
        Assert.Equal(1, await fresh.Models.CountAsync());
    }

    private static async Task AddAsync(TestDatabase database)
    {
        await using var db = database.CreateDbContext();
        db.Models.Add(Some.Model());
        await db.SaveChangesAsync();
    }

    /// <summary>Someone else takes a number in between. On SQLite nobody else can write meanwhile: it is done in the same transaction, unseen by the context, and undone with it.</summary>
    private static async Task ElsewhereAsync(TestDatabase database, ControlPlaneDb here)
    {
        if (database.Provider == DatabaseSetup.Sqlite)
        {
            await here.Models.ExecuteUpdateAsync(row => row.SetProperty(model => model.Stamp, model => model.Stamp + 1).SetProperty(model => model.LastNumber, model => model.LastNumber + 1));
            return;
        }

        await using var other = database.CreateDbContext();
        (await other.Models.SingleAsync()).TakeNumber(null);
        await other.SaveChangesAsync();
    }
}

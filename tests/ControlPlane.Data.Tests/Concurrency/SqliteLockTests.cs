using System.Collections.Concurrent;
using System.Diagnostics;
using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Primitives;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data.Tests.Concurrency;

/// <summary>SQLite has one writer at a time; what happens to the others.</summary>
public sealed class SqliteLockTests(Databases databases)
{
    [Fact]
    public async Task F19_A_write_waits_for_a_lock_that_is_held_for_three_seconds()
    {
        await using var database = await databases.MakeAsync(DatabaseSetup.Sqlite);
        await using var holder = await HoldAsync(database);

        var write = Task.Run(() => AddAsync(database, "fraud"));
        await Task.WhenAny(write, Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System));
        Assert.False(write.IsCompleted);
        await ExecuteAsync(holder, "ROLLBACK");

        Assert.True((await write).TryGet(out _, out _));
    }

    [Fact]
    public async Task F19_A_write_fails_within_thirty_seconds_when_the_lock_is_held_on_and_leaves_nothing()
    {
        await using var database = await databases.MakeAsync(DatabaseSetup.Sqlite);
        await using var holder = await HoldAsync(database);
        var watch = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<SqliteException>(() => Task.Run(() => AddAsync(database, "fraud")));

        Assert.Equal(5, failure.SqliteErrorCode);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30));
        await ExecuteAsync(holder, "ROLLBACK");
        await using var db = database.CreateDbContext();
        Assert.Equal((0, 0), (await db.Models.CountAsync(), await db.AuditEntries.CountAsync()));
    }

    [Fact]
    public async Task F20_Eight_writers_and_twenty_readers_never_meet_a_locked_database_and_no_transaction_begins_without_the_write_lock()
    {
        await using var database = await databases.MakeAsync(DatabaseSetup.Sqlite);
        var transactions = new WriteLockWatcher();
        var watched = database.WatchedBy(transactions);
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<Exception>();

        var readers = Enumerable.Range(0, 20).Select(_ => Task.Run(() => GuardAsync(failures, () => ReadAsync(watched, stop.Token)))).ToArray();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(() => GuardAsync(failures, () => WriteAsync(watched, writer)))).ToArray();
        await Task.WhenAll(writers);
        await stop.CancelAsync();
        await Task.WhenAll(readers);

        Assert.Empty(failures.Select(failure => failure.ToString()));
        Assert.Equal(0, transactions.Deferred);
        Assert.True(transactions.Immediate >= 8_000, $"{transactions.Immediate}");
        await using var db = database.CreateDbContext();
        Assert.Equal((8, 8 * 999), (await db.Models.CountAsync(), await db.Models.SumAsync(model => model.LastNumber)));
        Assert.Equal(8_000, await db.AuditEntries.CountAsync());
    }

    private static async Task WriteAsync(TestDatabase database, int writer)
    {
        Some.Value(await AddAsync(database, $"model-{writer}"));
        for (var i = 1; i < 1_000; i++)
        {
            Some.Value(await database.ChangeAsync<int>(async db =>
            {
                var model = await db.Models.SingleAsync(known => known.Name == $"model-{writer}");
                db.Audit(Some.Person, "model.counted", $"model/{model.Name}", Some.Noon);
                return model.TakeNumber(null);
            }, CancellationToken.None));
        }
    }

    private static async Task ReadAsync(TestDatabase database, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!stop.IsCancellationRequested && await pace.WaitForNextTickAsync(CancellationToken.None))
        {
            await using var db = database.CreateDbContext();
            await db.AuditEntries.OrderByDescending(entry => entry.Id).Take(10).ToListAsync(CancellationToken.None);
            await db.Models.SumAsync(model => model.LastNumber, CancellationToken.None);
        }
    }

    private static async Task GuardAsync(ConcurrentQueue<Exception> failures, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            failures.Enqueue(failure);
        }
    }

    private static Task<Outcome<Done>> AddAsync(TestDatabase database, string name) => database.ChangeAsync<Done>(db =>
    {
        db.Models.Add(Some.Model(name));
        db.Audit(Some.Person, "model.created", $"model/{name}", Some.Noon);
        return Task.FromResult<Outcome<Done>>(default(Done));
    }, CancellationToken.None);

    private static async Task<SqliteConnection> HoldAsync(TestDatabase database)
    {
        var holder = new SqliteConnection(database.Connection);
        await holder.OpenAsync();
        await ExecuteAsync(holder, "BEGIN IMMEDIATE");
        return holder;
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = new SqliteCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Testing.Databases;

[assembly: AssemblyFixture(typeof(ControlPlane.Data.Tests.Kit.Databases))]

namespace ControlPlane.Data.Tests.Kit;

/// <summary>
/// Makes empty, migrated databases: files of SQLite, databases of a PostgreSQL server that the run starts, and databases on the SQL Server that
/// <c>TEST_SQLSERVER</c> names.
/// </summary>
public sealed class Databases : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("data-tests-").FullName;
    private readonly SemaphoreSlim _one = new(1);
    private PostgresServer? _postgres;
    private string? _template;
    private int _made;

    public static TheoryData<string> Providers => [DatabaseSetup.Sqlite, DatabaseSetup.PostgreSql, DatabaseSetup.SqlServer];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async Task<TestDatabase> MakeAsync(string provider)
    {
        var name = $"test{Interlocked.Increment(ref _made)}";
        return provider switch
        {
            DatabaseSetup.PostgreSql => await MakePostgresAsync(name),
            DatabaseSetup.SqlServer => await MakeSqlServerAsync(name),
            _ => await MakeSqliteAsync(name),
        };
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        SqliteConnection.ClearAllPools();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _one.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<TestDatabase> MakeSqliteAsync(string name)
    {
        var file = Path.Combine(_folder, name + ".db");
        var database = new TestDatabase(DatabaseSetup.Sqlite, DatabaseSetup.SqliteConnection($"Data Source={file}"));
        await database.MigrateAsync();
        return database;
    }

    /// <summary>Migrations run once; the others are copies.</summary>
    private async Task<TestDatabase> MakePostgresAsync(string name)
    {
        await _one.WaitAsync();
        try
        {
            _postgres ??= await PostgresServer.StartAsync();
            if (_template is null)
            {
                await new TestDatabase(DatabaseSetup.PostgreSql, _postgres.ConnectionString("template_of_tests") + ";Pooling=false").MigrateAsync();
                _template = "template_of_tests";
            }

            await using var server = new NpgsqlConnection(_postgres.ConnectionString("postgres"));
            await server.OpenAsync();
            await using var create = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE {_template}", server);
            await create.ExecuteNonQueryAsync();
            return new TestDatabase(DatabaseSetup.PostgreSql, _postgres.ConnectionString(name));
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task<TestDatabase> MakeSqlServerAsync(string name)
    {
        var given = Environment.GetEnvironmentVariable("TEST_SQLSERVER");
        Assert.SkipWhen(string.IsNullOrEmpty(given), "TEST_SQLSERVER names no SQL Server.");
        var database = new TestDatabase(DatabaseSetup.SqlServer, $"{given};Initial Catalog=control_plane_{Environment.ProcessId}_{name}", isTemporary: true);
        await database.MigrateAsync();
        return database;
    }
}

using ControlPlane.Domain.Releases;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ControlPlane.Data.Tests.Kit;

/// <summary>One database and the contexts over it, configured as the product does.</summary>
public sealed class TestDatabase(string provider, string connection, bool isTemporary = false, IInterceptor? watcher = null) : IDbContextFactory<ControlPlaneDb>, IAsyncDisposable
{
    public const string Production = "production";

    private readonly DbContextOptions<ControlPlaneDb> _options = Options(provider, connection, watcher);

    public string Provider => provider;

    public string Connection => connection;

    /// <summary>The same database, with someone looking on.</summary>
    public TestDatabase WatchedBy(IInterceptor interceptor) => new(provider, connection, watcher: interceptor);

    public ControlPlaneDb CreateDbContext() => new(_options);

    public async Task MigrateAsync()
    {
        await using var db = CreateDbContext();
        await db.Database.MigrateAsync();
    }

    /// <summary>Adds an environment to publish in.</summary>
    public async Task<TestDatabase> WithProductionAsync()
    {
        await using var db = CreateDbContext();
        db.Environments.Add(new ServingEnvironment { Name = Production, TimelineId = "t1" });
        await db.SaveChangesAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (!isTemporary)
            return;
        await using var db = CreateDbContext();
        await db.Database.EnsureDeletedAsync();
    }

    private static DbContextOptions<ControlPlaneDb> Options(string provider, string connection, IInterceptor? watcher)
    {
        var options = new DbContextOptionsBuilder<ControlPlaneDb>();
        var migrations = $"ControlPlane.Migrations.{provider}";
        _ = provider switch
        {
            DatabaseSetup.SqlServer => options.UseSqlServer(connection, server => server.MigrationsAssembly(migrations)),
            DatabaseSetup.PostgreSql => options.UseNpgsql(connection, server => server.MigrationsAssembly(migrations)),
            _ => options.UseSqlite(connection, file => file.MigrationsAssembly(migrations)),
        };
        options.UseControlPlane(provider);
        if (watcher is not null)
            options.AddInterceptors(watcher);
        return options.Options;
    }
}

using System.Data.Common;
using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>
/// Brings the database to this version before anything else starts. Where it cannot be reached the process starts all the same,
/// says that it is not ready, and goes on trying.
/// </summary>
internal sealed partial class DatabaseStart(
    IDbContextFactory<ControlPlaneDb> factory, DatabaseGate gate, IEnumerable<IFirstStart> firstStarts, IOptions<DatabaseOptions> options,
    IOptions<DataOptions> data, TimeProvider time, ILogger<DatabaseStart> logger) : BackgroundService, IHostedLifecycleService
{
    private static readonly string[] _environments = ["production", "staging"];

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(data.Value.Path());
        await TryAsync(cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!gate.IsOpen)
        {
            await Task.Delay(options.Value.RetryAfter, time, stoppingToken);
            await TryAsync(stoppingToken);
        }
    }

    private async Task TryAsync(CancellationToken cancel)
    {
        try
        {
            await using var db = await factory.CreateDbContextAsync(cancel);
            await db.Database.MigrateAsync(cancel);
            await SeedAsync(db, cancel);
            foreach (var start in firstStarts)
                await start.PrepareAsync(cancel);
            gate.Open();
        }
        catch (Exception failure) when (failure is DbException or InvalidOperationException { InnerException: DbException } or TimeoutException)
        {
            LogUnreachable(UnansweredErrors.ReasonOf(failure), options.Value.RetryAfter);
        }
    }

    private async Task SeedAsync(ControlPlaneDb db, CancellationToken cancel)
    {
        var known = await db.Environments.Select(environment => environment.Name).ToListAsync(cancel);
        foreach (var name in _environments.Except(known))
            db.Environments.Add(new ServingEnvironment { Name = name, TimelineId = Guid.CreateVersion7(time.GetUtcNow()).ToString("N") });
        await db.SaveChangesAsync(cancel);
    }

    [LoggerMessage(LogLevel.Warning, "The database cannot be used yet: {Reason} Trying again in {Delay}")]
    private partial void LogUnreachable(string reason, TimeSpan delay);
}

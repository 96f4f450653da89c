using ControlPlane.Data;
using ControlPlane.Data.Artifacts;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Registry;

/// <summary>After a time of grace removes expired uploads, their parts, the files of rejected versions, and files that no version names.</summary>
internal sealed partial class ArtifactSweep(
    IDbContextFactory<ControlPlaneDb> factory, DatabaseGate gate, IArtifactStore store, IOptions<ArtifactOptions> options, TimeProvider time, ILogger<ArtifactSweep> logger)
    : BackgroundService
{
    public async Task SweepAsync(CancellationToken cancel)
    {
        var before = time.GetUtcNow() - options.Value.Grace;
        var parts = await store.SweepPartsAsync(before, cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        await db.Uploads.Where(upload => upload.ExpiresAt < time.GetUtcNow()).ExecuteDeleteAsync(cancel);

        var rejected = await db.Versions.Where(version => version.State == VersionState.Rejected && version.FilesDeletedAt == null && version.ValidatedAt < before).ToListAsync(cancel);
        rejected.ForEach(version => version.FilesDeleted(time.GetUtcNow()));
        await db.SaveChangesAsync(cancel);

        // The files are listed first: what is kept after that is newer than what is listed.
        var old = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var file in store.ListAsync(before, cancel))
            old.Add(file);
        var manifests = await db.Versions.AsNoTracking().Where(version => version.FilesDeletedAt == null).Select(version => version.Manifest).ToListAsync(cancel);
        old.ExceptWith(manifests.SelectMany(manifest => manifest.Files).Select(file => file.Sha256));
        foreach (var file in old)
            await store.DeleteAsync(file, before, cancel);
        if (parts + old.Count > 0)
            LogSwept(parts, old.Count);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailed(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Information, "Removed {Parts} unfinished uploads and {Files} files that no version names")]
    private partial void LogSwept(int parts, int files);

    [LoggerMessage(LogLevel.Error, "The clean-up of the artifact store failed; it is tried again")]
    private partial void LogFailed(Exception failure);
}

using System.Data.Common;
using ControlPlane.Data;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Hosting;

/// <summary>Ready only while the database answers.</summary>
internal sealed class DatabaseReady(IDbContextFactory<ControlPlaneDb> factory, DatabaseGate gate) : IReadinessCheck
{
    public string Name => "database";

    public async ValueTask<string?> WhyNotAsync(CancellationToken cancel)
    {
        if (!gate.IsOpen)
            return "The database was not reached yet.";
        try
        {
            await using var db = await factory.CreateDbContextAsync(cancel);
            await db.Environments.AsNoTracking().AnyAsync(cancel);
            return null;
        }
        catch (Exception failure) when (failure is DbException or InvalidOperationException)
        {
            return "The database cannot be reached.";
        }
    }
}

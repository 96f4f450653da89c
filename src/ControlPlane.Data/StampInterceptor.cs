using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ControlPlane.Data;

/// <summary>Raises the stamp of every changed row by one, so that the concurrency token works the same on every database, and makes its texts storable.</summary>
internal sealed class StampInterceptor : SaveChangesInterceptor
{
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Raise(eventData.Context);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Raise(eventData.Context);
        return ValueTask.FromResult(result);
    }

    private static void Raise(DbContext? context)
    {
        foreach (var entry in context?.ChangeTracker.Entries().Where(entry => entry.State is EntityState.Added or EntityState.Modified) ?? [])
        {
            if (entry.Entity is IStamped stamped)
                stamped.Stamp++;
            StorableText.Apply(entry);
        }
    }
}

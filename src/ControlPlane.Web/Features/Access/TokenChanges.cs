using System.Data.Common;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ControlPlane.Web.Features.Access;

/// <summary>Sees to it that what was changed in this process counts at the next request, whoever changed it: what is remembered of tokens is forgotten when the change is in the database.</summary>
internal sealed class TokenChanges(Lazy<TokenChecks> checks) : SaveChangesInterceptor, IDbTransactionInterceptor
{
    public override int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        Look(eventData.Context);
        return result;
    }

    public override ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Look(eventData.Context);
        return ValueTask.FromResult(result);
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Look(eventData.Context);

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Look(eventData.Context);
        return Task.CompletedTask;
    }

    private void Look(DbContext? db)
    {
        if (db is not null && db.ChangeTracker.Entries().Any(entry => entry.Entity is Person or ApiToken))
            checks.Value.Forget();
    }
}

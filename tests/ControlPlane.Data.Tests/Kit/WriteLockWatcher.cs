using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ControlPlane.Data.Tests.Kit;

/// <summary>Counts the transactions that hold SQLite's write lock when they begin, and those that do not (deferred ones).</summary>
internal sealed class WriteLockWatcher : DbTransactionInterceptor
{
    private const int Write = 2;

    private int _immediate;
    private int _deferred;

    public int Immediate => _immediate;

    public int Deferred => _deferred;

    public override DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        Count(connection);
        return result;
    }

    public override ValueTask<DbTransaction> TransactionStartedAsync(DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        Count(connection);
        return ValueTask.FromResult(result);
    }

    private void Count(DbConnection connection) =>
        Interlocked.Increment(ref TransactionState(((SqliteConnection)connection).Handle!.DangerousGetHandle(), "main") == Write ? ref _immediate : ref _deferred);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_txn_state", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int TransactionState(nint database, string schema);
}

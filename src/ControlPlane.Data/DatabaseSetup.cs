using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data;

/// <summary>What every provider's options have in common; the provider itself is chosen by who knows its package.</summary>
public static class DatabaseSetup
{
    public const string Sqlite = "Sqlite";
    public const string SqlServer = "SqlServer";
    public const string PostgreSql = "PostgreSql";

    private const int SqliteLongestWaitSeconds = 20;

    /// <summary>Adds the concurrency tokens, and on SQLite the session settings.</summary>
    public static DbContextOptionsBuilder UseControlPlane(this DbContextOptionsBuilder options, string provider)
    {
        options.AddInterceptors(new StampInterceptor());
        if (provider == Sqlite)
            options.AddInterceptors(new SqliteSession());
        return options;
    }

    /// <summary>A connection string of SQLite with what it leaves open: checked references, and a wait for the write lock that ends.</summary>
    /// <param name="given">Names the file at least.</param>
    public static string SqliteConnection(string given)
    {
        var connection = new DbConnectionStringBuilder { ConnectionString = given };
        connection.TryAdd("Foreign Keys", "True");
        connection.TryAdd("Default Timeout", SqliteLongestWaitSeconds);
        return connection.ConnectionString;
    }

    private static void TryAdd(this DbConnectionStringBuilder connection, string key, object value)
    {
        if (!connection.ContainsKey(key))
            connection[key] = value;
    }
}

using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data;

/// <summary>What every provider's options have in common; the provider itself is chosen by who knows its package.</summary>
public static class DatabaseSetup
{
    public const string Sqlite = "Sqlite";
    public const string SqlServer = "SqlServer";
    public const string PostgreSql = "PostgreSql";

    /// <summary>Adds the concurrency tokens, and on SQLite the session settings.</summary>
    public static DbContextOptionsBuilder UseControlPlane(this DbContextOptionsBuilder options, string provider)
    {
        options.AddInterceptors(new StampInterceptor());
        if (provider == Sqlite)
            options.AddInterceptors(new SqliteSession());
        return options;
    }
}

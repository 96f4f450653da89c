using ControlPlane.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Hosting;

/// <summary>Provider, connection and migrations of the database.</summary>
internal static class DatabaseChoice
{
    private const string FileName = "controlplane.db";

    public static void Use(DbContextOptionsBuilder options, DatabaseOptions database, DataOptions data)
    {
        switch (database.Provider)
        {
            case DatabaseSetup.SqlServer:
                options.UseSqlServer(database.ConnectionString, server => server.MigrationsAssembly("ControlPlane.Migrations.SqlServer"));
                break;
            case DatabaseSetup.PostgreSql:
                options.UseNpgsql(database.ConnectionString, server => server.MigrationsAssembly("ControlPlane.Migrations.PostgreSql"));
                break;
            default:
                options.UseSqlite(SqliteConnectionOf(database, data), file => file.MigrationsAssembly("ControlPlane.Migrations.Sqlite"));
                break;
        }

        options.UseControlPlane(database.Provider);
    }

    private static string SqliteConnectionOf(DatabaseOptions database, DataOptions data) => DatabaseSetup.SqliteConnection(
        string.IsNullOrWhiteSpace(database.ConnectionString)
            ? new SqliteConnectionStringBuilder { DataSource = data.Path(FileName) }.ToString()
            : database.ConnectionString);
}

using System.ComponentModel.DataAnnotations;
using ControlPlane.Data;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>Which database holds the state.</summary>
public sealed class DatabaseOptions
{
    public const string Section = "Database";

    /// <summary><c>Sqlite</c>, <c>SqlServer</c> or <c>PostgreSql</c>.</summary>
    [AllowedValues(DatabaseSetup.Sqlite, DatabaseSetup.SqlServer, DatabaseSetup.PostgreSql)]
    public string Provider { get; set; } = DatabaseSetup.Sqlite;

    /// <summary>Needed for SqlServer and PostgreSql; SQLite lies in the data directory unless it is given.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>How long after a failed attempt the database is tried again while it cannot be reached.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(2);
}

[OptionsValidator]
internal sealed partial class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>;

/// <summary>What attributes cannot say: the two servers need a connection string.</summary>
internal sealed class DatabaseConnectionValidator : IValidateOptions<DatabaseOptions>
{
    public ValidateOptionsResult Validate(string? name, DatabaseOptions options) =>
        options.Provider != DatabaseSetup.Sqlite && string.IsNullOrWhiteSpace(options.ConnectionString)
            ? ValidateOptionsResult.Fail($"Database:ConnectionString: {options.Provider} needs a connection string (or Database__ConnectionString_FILE).")
            : ValidateOptionsResult.Success;
}

using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data;

/// <summary>Tells failures that come from someone else's change at the same time from all others.</summary>
internal static class LostRace
{
    private const int SqlServerDeadlock = 1205;
    private const int SqlServerUniqueIndex = 2601;
    private const int SqlServerUniqueKey = 2627;

    public static bool Is(Exception failure) =>
        failure is DbUpdateConcurrencyException || Causes(failure).OfType<DbException>().Any(cause => IsPostgreSql(cause.SqlState) || IsSqlServer(cause));

    /// <summary>Unique violation, serialization failure, deadlock.</summary>
    private static bool IsPostgreSql(string? state) => state is "23505" or "40001" or "40P01";

    /// <summary>The number of a SQL Server error is in its data: the type itself belongs to a package that this project does without.</summary>
    private static bool IsSqlServer(DbException failure) =>
        int.TryParse(failure.Data["HelpLink.EvtID"] as string, CultureInfo.InvariantCulture, out var number)
        && number is SqlServerDeadlock or SqlServerUniqueIndex or SqlServerUniqueKey;

    private static IEnumerable<Exception> Causes(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
            yield return failure;
    }
}

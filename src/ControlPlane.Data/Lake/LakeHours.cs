using System.Globalization;

namespace ControlPlane.Data.Lake;

/// <summary>Which segments there are, hour by hour, newest hour first.</summary>
internal sealed class LakeHours(string root)
{
    private const string Prefix = "endpoint=";

    /// <param name="environment">Null: of every environment.</param>
    /// <param name="endpoint">Null: of every endpoint.</param>
    /// <returns>The files of one hour at a time; hours without any are left out.</returns>
    public IEnumerable<IReadOnlyList<string>> Between(string kind, string? environment, string? endpoint, DateTimeOffset from, DateTimeOffset to)
    {
        var endpoints = EndpointFolders(Path.Combine(root, $"kind={kind}"), environment, endpoint).ToList();
        foreach (var day in Days(endpoints, from, to))
        {
            for (var hour = 23; hour >= 0; hour--)
            {
                var begins = new DateTimeOffset(day, new TimeOnly(hour, 0), TimeSpan.Zero);
                if (begins > to || begins.AddHours(1) <= from)
                    continue;

                var files = endpoints.SelectMany(folder => FilesOf(Path.Combine(folder, DateFolder(day), $"hour={hour:00}"))).ToList();
                if (files.Count > 0)
                    yield return files;
            }
        }
    }

    private static IEnumerable<DateOnly> Days(List<string> endpoints, DateTimeOffset from, DateTimeOffset to)
    {
        var first = DateOnly.FromDateTime(from.UtcDateTime);
        var last = DateOnly.FromDateTime(to.UtcDateTime);
        return endpoints
            .SelectMany(Directory.EnumerateDirectories)
            .Select(folder => DateOnly.TryParseExact(Path.GetFileName(folder), "'date='yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : default)
            .Where(day => day >= first && day <= last && day != default)
            .Distinct()
            .OrderDescending();
    }

    private static IEnumerable<string> EndpointFolders(string kind, string? environment, string? endpoint)
    {
        if (!Directory.Exists(kind))
            return [];

        var environments = environment is null ? Directory.EnumerateDirectories(kind, "env=*") : [Path.Combine(kind, $"env={environment}")];
        return environments
            .Where(Directory.Exists)
            .SelectMany(folder => endpoint is null ? Directory.EnumerateDirectories(folder, $"{Prefix}*") : [Path.Combine(folder, $"{Prefix}{endpoint}")])
            .Where(Directory.Exists);
    }

    private static IEnumerable<string> FilesOf(string hour) =>
        Directory.Exists(hour) ? Directory.EnumerateFiles(hour, "*.parquet") : [];

    private static string DateFolder(DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"date={day:yyyy-MM-dd}");
}

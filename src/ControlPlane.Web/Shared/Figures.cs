using System.Globalization;

namespace ControlPlane.Web.Shared;

/// <summary>Numbers as people read them: thin space before units, real minus sign, no more digits than are known.</summary>
public static class Figures
{
    // A narrower space is not in the font.
    private const string Thin = "\u00A0";

    /// <param name="value">Any count.</param>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <param name="perSecond">Rate; NaN means that there is none.</param>
    public static string Rate(double perSecond) => perSecond switch
    {
        double.NaN => "–",
        < 0.05 => "0",
        < 10 => perSecond.ToString("0.0", CultureInfo.InvariantCulture),
        _ => perSecond.ToString("N0", CultureInfo.InvariantCulture),
    };

    /// <param name="share">0 to 1.</param>
    /// <returns>Percent without its sign.</returns>
    public static string Percent(double share) => double.IsNaN(share) ? "–" : (share * 100) switch
    {
        0 => "0",
        < 0.01 => "< 0.01",
        < 10 => (share * 100).ToString("0.00", CultureInfo.InvariantCulture),
        _ => (share * 100).ToString("0.#", CultureInfo.InvariantCulture),
    };

    public static string Milliseconds(double? ms) => ms switch
    {
        null or double.NaN => "–",
        > 0 and < 0.1 => ms.Value.ToString("0.000", CultureInfo.InvariantCulture),
        < 1 => ms.Value.ToString("0.00", CultureInfo.InvariantCulture),
        < 10 => ms.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => ms.Value.ToString("N0", CultureInfo.InvariantCulture),
    };

    public static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 1000 && unit < units.Length - 1; unit++)
            value /= 1000;
        return value.ToString(unit == 0 || value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture) + Thin + units[unit];
    }

    /// <summary>How long ago, in the largest unit that says something.</summary>
    public static string Ago(TimeSpan age) => age < TimeSpan.FromSeconds(1) ? "now" : $"{Duration(age)} ago";

    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => $"{Math.Max(0, (int)span.TotalSeconds)}{Thin}s",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes}{Thin}min",
        { TotalHours: < 48 } => $"{(int)span.TotalHours}{Thin}h",
        _ => $"{(int)span.TotalDays}{Thin}d",
    };

    /// <summary>Today the time alone, this year without the year.</summary>
    public static string When(DateTimeOffset at, DateTimeOffset now)
    {
        at = at.ToUniversalTime();
        return at.Date == now.UtcDateTime.Date ? $"today {at:HH:mm}" : at.Year == now.Year ? at.ToString("d MMM HH:mm", CultureInfo.InvariantCulture) : at.ToString("d MMM yyyy", CultureInfo.InvariantCulture);
    }

    public static string Exact(DateTimeOffset at) => at.ToUniversalTime().ToString("d MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>"1 node", "3 nodes".</summary>
    public static string Plural(long count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{Count(count)} {many ?? one + "s"}";

    /// <returns>The first 12 hexadecimal digits of a digest or release id, with its prefix.</returns>
    public static string Short(string id)
    {
        var start = id.IndexOfAny(['-', ':']) + 1;
        return id.Length > start + 12 ? id[..(start + 12)] : id;
    }
}

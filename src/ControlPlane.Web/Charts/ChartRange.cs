using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Charts;

/// <summary>The ranges a page offers.</summary>
/// <param name="Key">As in the address.</param>
public sealed record ChartRange(string Key, string Name, TimeSpan Span)
{
    public static readonly IReadOnlyList<ChartRange> All =
    [
        new("15m", "15 min", TimeSpan.FromMinutes(15)),
        new("1h", "1 h", TimeSpan.FromHours(1)),
        new("6h", "6 h", TimeSpan.FromHours(6)),
        new("24h", "24 h", TimeSpan.FromHours(24)),
        new("7d", "7 d", TimeSpan.FromDays(7)),
        new("30d", "30 d", TimeSpan.FromDays(30)),
    ];

    public static readonly TimeSpan Longest = ExpensiveReads.LongestSpan;

    /// <returns>The first range when there is none of that key.</returns>
    public static ChartRange Of(string? key) => All.FirstOrDefault(range => range.Key == key) ?? All[0];
}

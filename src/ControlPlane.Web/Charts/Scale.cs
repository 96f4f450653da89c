using System.Globalization;

namespace ControlPlane.Web.Charts;

/// <summary>Round numbers for axes.</summary>
internal static class Scale
{
    private static readonly TimeSpan[] _timeSteps =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
        TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(7), TimeSpan.FromDays(14),
    ];

    /// <returns>From 0 to the first round number at or above the highest value, in 3 to 5 steps.</returns>
    public static IReadOnlyList<double> Values(double highest)
    {
        if (!(highest > 0))
            return [0, 1];

        var raw = highest / 4;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = new[] { 1, 2, 2.5, 5, 10 }.First(factor => factor * power >= raw * 0.999) * power;
        var count = (int)Math.Ceiling(highest / step - 1e-9);
        return [.. Enumerable.Range(0, count + 1).Select(i => i * step)];
    }

    /// <summary>As many digits as the steps need.</summary>
    public static string Text(double value, double step) => value == 0 ? "0" : value.ToString(step >= 1 ? "#,##0.#" : step >= 0.1 ? "0.0#" : step >= 0.01 ? "0.00" : "0.0##", CultureInfo.InvariantCulture);

    public static IEnumerable<(DateTimeOffset At, string Text)> Times(DateTimeOffset from, DateTimeOffset to, int most)
    {
        var step = _timeSteps.FirstOrDefault(candidate => (to - from) / candidate <= most, _timeSteps[^1]).Ticks;
        var format = step >= TimeSpan.TicksPerDay ? "d MMM" : "HH:mm";
        for (var ticks = (from.UtcTicks + step - 1) / step * step; ticks <= to.UtcTicks; ticks += step)
        {
            var at = new DateTimeOffset(ticks, TimeSpan.Zero);
            yield return (at, at.ToString(format, CultureInfo.InvariantCulture));
        }
    }
}

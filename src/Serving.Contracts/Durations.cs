using System.Globalization;

namespace Serving.Contracts;

/// <summary>Durations as documents write them: a number and <c>us</c>, <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, such as <c>30s</c>.</summary>
public static class Durations
{
    private static readonly (string Unit, TimeSpan One)[] _units =
    [
        ("us", TimeSpan.FromMicroseconds(1)), ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <returns>Null: another form, negative, or longer than 10 000 days.</returns>
    public static TimeSpan? Parse(string? text)
    {
        foreach (var (unit, one) in _units)
        {
            if (text?.EndsWith(unit, StringComparison.Ordinal) is true
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                && count * one.TotalDays <= 10_000)
                return count * one;
        }

        return null;
    }

    /// <returns>In the largest unit that leaves no rest, so that <see cref="Parse"/> gives the same duration to the microsecond.</returns>
    public static string Write(TimeSpan duration)
    {
        var (unit, one) = _units.Last(known => known.Unit == "us" || duration.Ticks % known.One.Ticks == 0 && duration > TimeSpan.Zero);
        return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / one.Ticks}{unit}");
    }
}

using System.Globalization;

namespace ControlPlane.Cli.Commands;

internal static class Durations
{
    /// <summary><c>30s</c>, <c>10m</c>, <c>2h</c>.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static TimeSpan Parse(string text)
    {
        if (text.Length > 1 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            switch (text[^1])
            {
                case 's': return TimeSpan.FromSeconds(amount);
                case 'm': return TimeSpan.FromMinutes(amount);
                case 'h': return TimeSpan.FromHours(amount);
            }
        }

        throw new UsageException($"{text} is no duration; write 30s, 10m or 2h.");
    }
}

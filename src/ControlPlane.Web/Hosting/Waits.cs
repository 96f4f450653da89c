using System.Globalization;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Web.Hosting;

/// <summary><c>?wait=60s</c>: how long an answer may be held back.</summary>
internal static class Waits
{
    /// <param name="text">A number with <c>ms</c>, <c>s</c> or <c>m</c>; null: not at all.</param>
    public static Outcome<TimeSpan> Read(string? text, TimeSpan longest)
    {
        if (string.IsNullOrEmpty(text))
            return TimeSpan.Zero;

        var (digits, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], TimeSpan.FromMilliseconds(1)),
            _ when text.EndsWith('s') => (text[..^1], TimeSpan.FromSeconds(1)),
            _ when text.EndsWith('m') => (text[..^1], TimeSpan.FromMinutes(1)),
            _ => (text, TimeSpan.FromSeconds(1)),
        };
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > longest / unit)
            return Refusal.Invalid("wait", $"wait is a time up to {longest.TotalSeconds:0} s, such as 30s.");
        return count * unit;
    }
}

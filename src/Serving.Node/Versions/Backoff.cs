using System.Security.Cryptography;

namespace Serving.Node.Versions;

/// <summary>Full jitter: nodes that lost the same control plane do not come back in step.</summary>
internal static class Backoff
{
    private const double FirstSeconds = 0.5;

    /// <returns>Between zero and half a second times two for each failure, no longer than <paramref name="longest"/>.</returns>
    public static TimeSpan After(int failures, TimeSpan longest)
    {
        var most = Math.Min(longest.TotalSeconds, FirstSeconds * Math.Pow(2, Math.Min(failures, 16)));
        return TimeSpan.FromSeconds(0.05 + most * RandomNumberGenerator.GetInt32(0, 1000) / 1000.0);
    }
}

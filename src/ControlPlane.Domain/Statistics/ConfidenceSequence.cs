namespace ControlPlane.Domain.Statistics;

/// <summary>An interval for a difference that holds at every time at once: it may be looked at as often as one likes.</summary>
/// <remarks>I. Waudby-Smith et al., arXiv 2103.06476 (asymptotic confidence sequences), tuned as GrowthBook's <c>gbstats</c> does.</remarks>
public static class ConfidenceSequence
{
    /// <summary>Values in both arms together at which the interval is tightest.</summary>
    public const double TightestAt = 5_000;

    /// <param name="standardError">Of the difference, above 0.</param>
    /// <param name="count">Values in both arms together, above 0.</param>
    /// <returns>What is added to and taken from the difference.</returns>
    public static double HalfWidth(double standardError, double count, double alpha, double tightestAt = TightestAt)
    {
        var rho = Rho(alpha, tightestAt);
        return Width(standardError, count, rho, Math.Log(Math.Sqrt(count * rho * rho + 1) / alpha));
    }

    /// <summary>As <see cref="HalfWidth"/>, for a bound on one side only.</summary>
    public static double OneSidedWidth(double standardError, double count, double alpha, double tightestAt = TightestAt)
    {
        var rho = Rho(2 * alpha, tightestAt);
        return Width(standardError, count, rho, Math.Log(1 + Math.Sqrt(count * rho * rho + 1) / (2 * alpha)));
    }

    /// <returns>A p-value that stays valid however often it is looked at, 0 to 1.</returns>
    public static double PValue(double difference, double standardError, double count, double alpha, double tightestAt = TightestAt)
    {
        var rho = Rho(alpha, tightestAt);
        var spread = count * rho * rho + 1;
        var st2 = difference * difference * count / (standardError * standardError);
        return Math.Min(1, Math.Exp(Math.Log(spread) / 2 - rho * rho * st2 / (2 * spread)));
    }

    public static double Rho(double alpha, double tightestAt) => Math.Sqrt((-2 * Math.Log(alpha) + Math.Log(-2 * Math.Log(alpha) + 1)) / tightestAt);

    private static double Width(double standardError, double count, double rho, double log) =>
        standardError * Math.Sqrt(count) * Math.Sqrt(2 * (count * rho * rho + 1) / Math.Pow(count * rho, 2) * log);
}

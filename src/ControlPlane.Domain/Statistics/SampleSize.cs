using MathNet.Numerics.Distributions;

namespace ControlPlane.Domain.Statistics;

/// <summary>How many units an arm needs so that a difference is found with the power asked for; equal arms, two-sided.</summary>
public static class SampleSize
{
    private const double Most = 1e15;

    /// <param name="rate">Of the one arm, above 0 and below 1.</param>
    /// <param name="other">Of the other arm, likewise, and another.</param>
    /// <returns>Units an arm, not rounded; as R's <c>power.prop.test</c>.</returns>
    public static double OfProportions(double rate, double other, double alpha, double power)
    {
        Check(alpha, power);
        if (!(rate is > 0 and < 1 && other is > 0 and < 1 && rate != other))
            throw new ArgumentOutOfRangeException(nameof(other), other, "Rates lie between 0 and 1 and differ.");
        var mean = (rate + other) / 2;
        var root = Normal.InvCDF(0, 1, 1 - alpha / 2) * Math.Sqrt(2 * mean * (1 - mean)) + Normal.InvCDF(0, 1, power) * Math.Sqrt(rate * (1 - rate) + other * (1 - other));
        return Math.Pow(root / (other - rate), 2);
    }

    /// <param name="difference">Of the means, not 0.</param>
    /// <param name="standardDeviation">Of the values in an arm, above 0.</param>
    /// <returns>Units an arm, not rounded; as R's <c>power.t.test</c>.</returns>
    public static double OfMeans(double difference, double standardDeviation, double alpha, double power)
    {
        Check(alpha, power);
        if (difference == 0 || !(standardDeviation > 0))
            throw new ArgumentOutOfRangeException(nameof(difference), difference, "The difference is not 0 and the standard deviation above it.");
        var (low, high) = (2.0, 4.0);
        while (PowerOfMeans(high, difference, standardDeviation, alpha) < power && high < Most)
            high *= 2;
        for (var i = 0; i < 100 && high - low > 1e-7 * high; i++)
        {
            var middle = (low + high) / 2;
            if (PowerOfMeans(middle, difference, standardDeviation, alpha) < power)
                low = middle;
            else
                high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>Power of a two-sided t test with <paramref name="perArm"/> units an arm.</summary>
    /// <remarks>
    /// P(T > c) of the non-central t distribution, as the mean of Φ(δ − c·√(V/ν)) over V ~ χ²(ν), by Simpson's rule. Beyond 10 000 degrees of freedom V/ν is 1.
    /// </remarks>
    public static double PowerOfMeans(double perArm, double difference, double standardDeviation, double alpha)
    {
        var freedom = 2 * (perArm - 1);
        var shift = Math.Abs(difference) / standardDeviation * Math.Sqrt(perArm / 2);
        if (freedom > 10_000)
            return Normal.CDF(0, 1, shift - Normal.InvCDF(0, 1, 1 - alpha / 2));
        var critical = StudentT.InvCDF(0, 1, freedom, 1 - alpha / 2);
        var spread = Math.Sqrt(2 * freedom);
        var (from, to) = (Math.Max(1e-9, freedom - 10 * spread), freedom + 14 * spread);
        const int Parts = 600;
        double sum = 0;
        for (var i = 0; i <= Parts; i++)
        {
            var v = from + (to - from) * i / Parts;
            sum += (i is 0 or Parts ? 1 : i % 2 == 1 ? 4 : 2) * ChiSquared.PDF(freedom, v) * Normal.CDF(0, 1, shift - critical * Math.Sqrt(v / freedom));
        }

        return sum * (to - from) / Parts / 3;
    }

    private static void Check(double alpha, double power)
    {
        if (!(alpha is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "Between 0 and 1.");
        if (!(power is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(power), power, "Between 0 and 1.");
    }
}

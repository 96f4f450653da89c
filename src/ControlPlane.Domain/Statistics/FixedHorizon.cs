using MathNet.Numerics.Distributions;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Statistics;

/// <summary>A difference B − A, its interval and its two-sided p-value.</summary>
/// <param name="StandardError">Of the difference.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct Difference(double Value, double StandardError, Interval Interval, double PValue);

/// <summary>Tests that hold when they are looked at once, at the planned end.</summary>
public static class FixedHorizon
{
    /// <summary>z test of two proportions: pooled for the p-value, unpooled for the interval, no continuity correction (R's <c>prop.test(correct = FALSE)</c>).</summary>
    /// <returns>Null when an arm is empty.</returns>
    public static Difference? Proportions(long onesA, long countA, long onesB, long countB, double alpha)
    {
        if (countA == 0 || countB == 0)
            return null;
        var (a, b) = ((double)onesA / countA, (double)onesB / countB);
        var pooled = (double)(onesA + onesB) / (countA + countB);
        var underEqual = Math.Sqrt(pooled * (1 - pooled) * (1.0 / countA + 1.0 / countB));
        var error = Math.Sqrt(a * (1 - a) / countA + b * (1 - b) / countB);
        return Of(b - a, error, Normal.InvCDF(0, 1, 1 - alpha / 2), underEqual == 0 ? 1 : 2 * Normal.CDF(0, 1, -Math.Abs(b - a) / underEqual));
    }

    /// <summary>Welch's t test: variances may differ.</summary>
    /// <returns>Null with fewer than two values in an arm, or where nothing varies.</returns>
    public static Difference? Means(Moments a, Moments b, double alpha)
    {
        if (a.Count < 2 || b.Count < 2)
            return null;
        var (va, vb) = (a.Variance() / a.Count, b.Variance() / b.Count);
        var error = Math.Sqrt(va + vb);
        if (!(error > 0))
            return null;
        var freedom = (va + vb) * (va + vb) / (va * va / (a.Count - 1) + vb * vb / (b.Count - 1));
        var t = (b.Mean - a.Mean) / error;
        return Of(b.Mean - a.Mean, error, StudentT.InvCDF(0, 1, freedom, 1 - alpha / 2), 2 * StudentT.CDF(0, 1, freedom, -Math.Abs(t)));
    }

    /// <summary>A difference with a given standard error, normally distributed.</summary>
    public static Difference Normally(double difference, double standardError, double alpha) =>
        Of(difference, standardError, Normal.InvCDF(0, 1, 1 - alpha / 2), standardError > 0 ? 2 * Normal.CDF(0, 1, -Math.Abs(difference) / standardError) : 1);

    private static Difference Of(double difference, double error, double quantile, double p) =>
        new(difference, error, new(difference - quantile * error, difference + quantile * error), Math.Min(1, p));
}

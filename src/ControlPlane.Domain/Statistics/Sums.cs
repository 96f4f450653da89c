using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Statistics;

/// <summary>Count, mean and spread of many values, added up without keeping them.</summary>
public static class Sums
{
    public static readonly Moments None = new(0, 0, 0);

    /// <remarks>T. F. Chan, G. H. Golub, R. J. LeVeque, The American Statistician 37 (1983), 242–247.</remarks>
    public static Moments Plus(this Moments one, Moments other)
    {
        if (one.Count == 0 || other.Count == 0)
            return one.Count == 0 ? other : one;
        var (count, apart) = (one.Count + other.Count, other.Mean - one.Mean);
        return new Moments(count, one.Mean + apart * other.Count / count, one.M2 + other.M2 + apart * apart * one.Count * other.Count / count);
    }

    /// <summary>Sample variance (n − 1); NaN below two values.</summary>
    public static double Variance(this Moments moments) => moments.Count < 2 ? double.NaN : moments.M2 / (moments.Count - 1);

    public static Moments Of(IEnumerable<double> values) => values.Aggregate(None, (sums, value) => sums.Plus(new Moments(1, value, 0)));

    /// <summary>Values that are 1 or 0.</summary>
    public static Moments OfCounts(long ones, long all) => all == 0 ? None : new Moments(all, (double)ones / all, (double)ones * (all - ones) / all);
}

namespace ControlPlane.Domain.Statistics;

/// <summary>Sums over pairs (y, x) of one arm, one pair a unit.</summary>
/// <param name="M2Y">Sum of squared differences of y from its mean.</param>
/// <param name="M2X">Likewise of x.</param>
/// <param name="Co">Sum of products of both differences.</param>
public sealed record Pairs(long Count, double MeanY, double MeanX, double M2Y, double M2X, double Co)
{
    public static readonly Pairs None = new(0, 0, 0, 0, 0, 0);

    public Pairs Plus(double y, double x)
    {
        var count = Count + 1;
        var (dy, dx) = (y - MeanY, x - MeanX);
        var (meanY, meanX) = (MeanY + dy / count, MeanX + dx / count);
        return new(count, meanY, meanX, M2Y + dy * (y - meanY), M2X + dx * (x - meanX), Co + dx * (y - meanY));
    }

    public double VarianceY => M2Y / (Count - 1);

    public double VarianceX => M2X / (Count - 1);

    public double Covariance => Co / (Count - 1);

    /// <summary>Mean of y over mean of x, and the variance of that by the delta method.</summary>
    public (double Ratio, double Variance) Ratio()
    {
        var ratio = MeanY / MeanX;
        return (ratio, (VarianceY - 2 * ratio * Covariance + ratio * ratio * VarianceX) / (Count * MeanX * MeanX));
    }

    /// <summary>The difference of y, B − A, freed from what the same unit did before the start.</summary>
    /// <param name="a">x: the same metric before the start; of units without history the mean of those that have one.</param>
    /// <remarks>CUPED: A. Deng, Y. Xu, R. Kohavi, T. Walker, WSDM 2013.</remarks>
    /// <returns>The difference and its standard error; null with fewer than two units in an arm.</returns>
    public static (double Difference, double StandardError, double Theta)? Cuped(Pairs a, Pairs b)
    {
        if (a.Count < 2 || b.Count < 2)
            return null;
        var spread = a.M2X + b.M2X;
        var theta = spread > 0 ? (a.Co + b.Co) / spread : 0;
        double Part(Pairs arm) => (arm.VarianceY + theta * theta * arm.VarianceX - 2 * theta * arm.Covariance) / arm.Count;
        return (b.MeanY - a.MeanY - theta * (b.MeanX - a.MeanX), Math.Sqrt(Math.Max(0, Part(a) + Part(b))), theta);
    }
}

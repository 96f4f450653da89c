namespace ControlPlane.Demo.Transactions;

/// <summary>Makes card payments by the rules of docs/demo.md. The same seed gives the same payments. Not thread-safe.</summary>
internal sealed class TransactionGenerator(int seed)
{
    private const double BaseLogOdds = -6.4;

    private readonly Random _random = new(seed);

    public IEnumerable<CardTransaction> Take(int count)
    {
        for (var i = 0; i < count; i++)
            yield return Next();
    }

    public CardTransaction Next() => NextAt(HourOfDay());

    /// <param name="hour">0 to 23.</param>
    public CardTransaction NextAt(int hour)
    {
        var isOnline = _random.NextDouble() < 0.35;
        var habit = Math.Exp(3.2 + 0.7 * Normal());
        var ratio = Math.Exp(0.6 * Normal());
        var amount = habit * ratio;
        var merchantRisk = Math.Pow(_random.NextDouble(), 2.5);
        var distance = isOnline ? 0 : Math.Exp(1.2 + 1.3 * Normal());
        var count = Poisson(isOnline ? 3.5 : 2.5);
        var cardAge = 1 + (int)(1800 * Math.Pow(_random.NextDouble(), 1.3));

        var logOdds = LogOdds(amount, hour, merchantRisk, isOnline, distance, count, ratio, cardAge) + 0.5 * Normal();
        var isFraud = _random.NextDouble() < 1 / (1 + Math.Exp(-logOdds));
        float[] features =
        [
            (float)Math.Round(amount, 2), hour, (float)Math.Round(merchantRisk, 3), isOnline ? 1 : 0,
            (float)Math.Round(distance, 1), count, (float)Math.Round(ratio, 3), cardAge,
        ];
        return new CardTransaction(features, isFraud);
    }

    /// <summary>The rules: what each circumstance adds to the log-odds of fraud.</summary>
    public static double LogOdds(double amount, int hour, double merchantRisk, bool isOnline, double distanceKm, int count24h, double amountRatio, int cardAgeDays)
    {
        var odds = BaseLogOdds + 4.0 * merchantRisk;
        odds += amount > 120 ? 1.6 : 0;
        odds += hour is < 5 ? 1.8 : 0;
        odds += isOnline ? 0.6 : 0;
        odds += distanceKm > 60 ? 3.0 : 0;
        odds += count24h > 7 ? 2.8 : 0;
        odds += amountRatio > 2.5 ? 2.6 : 0;
        odds += cardAgeDays < 45 ? 1.4 : 0;
        odds += isOnline && amountRatio > 2.5 && merchantRisk > 0.5 ? 2.0 : 0;
        return odds;
    }

    /// <summary>Nine in ten by day, from 7 to 22 with most in the middle; the rest at any hour.</summary>
    private int HourOfDay() => _random.Next(10) == 0 ? _random.Next(24) : 7 + _random.Next(9) + _random.Next(8);

    /// <remarks>G. E. P. Box, M. E. Muller, Ann. Math. Statist. 29 (1958), 610–611.</remarks>
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    /// <remarks>D. E. Knuth, The Art of Computer Programming, volume 2, 3.4.1.</remarks>
    private int Poisson(double mean)
    {
        var limit = Math.Exp(-mean);
        var product = _random.NextDouble();
        var count = 0;
        for (; product > limit; count++)
            product *= _random.NextDouble();
        return count;
    }
}

using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Training;

/// <summary>How a version of the demo model is trained.</summary>
/// <param name="Rows">Payments it learns from.</param>
/// <param name="Uses">Features it may look at; it takes all of them as input, so that one client can call every version.</param>
internal sealed record FraudRecipe(int Version, int Rows, int Trees, int Leaves, IReadOnlyList<string> Uses, string Notes)
{
    public static FraudRecipe First { get; } = new(
        1, 15_000, 30, 8, ["amount", "hour_of_day", "merchant_risk", "is_online"], "First model: what a single payment shows.");

    /// <summary>
    /// Added to the log-odds of fraud by the number of payments in 24 hours; null: nothing is. What lies beyond the end of the table cannot be looked up and
    /// is an error: the mistake of the third version, which no check finds because no sample has so many.
    /// </summary>
    public IReadOnlyList<float>? CountTable { get; init; }

    public static IReadOnlyList<FraudRecipe> All => [First, Second, Third];

    public static FraudRecipe Second { get; } = new(
        2, 60_000, 80, 16, CardTransaction.FeatureNames, "Adds the card's history: distance, number of payments, ratio to the usual amount, age.");

    public static FraudRecipe Third { get; } = Second with
    {
        Version = 3,
        Notes = "Corrects the second version by the number of payments of the card in 24 hours.",
        CountTable = [0, 0, 0.02f, 0.05f, 0.1f, 0.2f],
    };
}

using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Training;

/// <summary>How a version of the demo model is trained.</summary>
/// <param name="Rows">Payments it learns from.</param>
/// <param name="Uses">Features it may look at; it takes all of them as input, so that one client can call every version.</param>
internal sealed record FraudRecipe(int Version, int Rows, int Trees, int Leaves, IReadOnlyList<string> Uses, string Notes)
{
    public static FraudRecipe First { get; } = new(
        1, 15_000, 30, 8, ["amount", "hour_of_day", "merchant_risk", "is_online"], "First model: what a single payment shows.");

    public static FraudRecipe Second { get; } = new(
        2, 60_000, 80, 16, CardTransaction.FeatureNames, "Adds the card's history: distance, number of payments, ratio to the usual amount, age.");
}

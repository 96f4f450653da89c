namespace ControlPlane.Demo.Transactions;

/// <summary>A card payment as a model sees it, and whether it was fraud. Made by <see cref="TransactionGenerator"/>; docs/demo.md gives the rules.</summary>
/// <param name="Features">In the order of <see cref="FeatureNames"/>.</param>
internal sealed record CardTransaction(float[] Features, bool IsFraud)
{
    public static IReadOnlyList<string> FeatureNames { get; } =
        ["amount", "hour_of_day", "merchant_risk", "is_online", "distance_km", "txn_count_24h", "amount_ratio", "card_age_days"];
}

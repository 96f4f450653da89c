namespace ControlPlane.Web.Shared;

/// <summary>Names of the strategies in words.</summary>
internal static class StrategyNames
{
    public static string Name(string strategy) => strategy.ToUpperInvariant() switch
    {
        "ALLATONCE" => "all at once",
        "BLUEGREEN" => "blue-green",
        "AB" => "A/B",
        "ROLLBACK" => "roll back",
        _ => strategy.ToLowerInvariant(),
    };
}

namespace ControlPlane.Web.Shared;

/// <summary>What an endpoint serves at this moment and how it is, in one row.</summary>
/// <param name="CandidateShare">0 to 1; 0 without a candidate.</param>
/// <param name="RequestsPerSecond">Over the last ten seconds; null when no node sends figures.</param>
/// <param name="ErrorShare">0 to 1 of the answered requests; null without requests.</param>
/// <param name="Course">Requests a second over the last quarter of an hour, NaN where nothing was measured.</param>
/// <param name="Acknowledged">Live nodes that applied the environment's present revision.</param>
/// <param name="Refused">Nodes that refused it and serve what they had.</param>
public sealed record EndpointNow(
    string Environment,
    string Name,
    string? StableModel,
    string? StableVersion,
    string? CandidateVersion,
    double CandidateShare,
    DateTimeOffset? Since,
    string? RolloutPhase,
    int? RolloutNumber,
    double? RequestsPerSecond,
    double? ErrorShare,
    double? P50Ms,
    double? P99Ms,
    double LimitP99Ms,
    IReadOnlyList<double?> Course,
    int Acknowledged,
    int Nodes,
    int Refused)
{
    /// <summary>Share of errors that is worth attention.</summary>
    public const double ErrorLimit = 0.01;

    public string Path => $"{Environment}/{Name}";

    public bool IsSlow => P99Ms > LimitP99Ms;

    public bool HasErrors => ErrorShare > ErrorLimit;
}

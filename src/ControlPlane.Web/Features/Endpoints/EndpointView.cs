using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Shared;
using Serving.Contracts.State;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>An endpoint as the head of its page shows it.</summary>
/// <param name="Revision">Of the environment: what is asked for.</param>
/// <param name="Previous">What <i>Roll back</i> goes to; null when nothing served before.</param>
/// <param name="WarmOn">Nodes that hold <paramref name="Previous"/> in memory.</param>
/// <param name="LastReport">The newest word from any of its nodes.</param>
/// <param name="LatestAction">Who brought the stable release there, in words.</param>
public sealed record EndpointView(
    string Environment,
    string Name,
    string Pool,
    bool IsProtected,
    double LimitP99Ms,
    ReleaseRow? Stable,
    ReleaseRow? Candidate,
    double CandidateShare,
    DateTimeOffset? Since,
    string? LatestAction,
    ReleaseRow? Previous,
    int WarmOn,
    long Revision,
    IReadOnlyList<EndpointNodeRow> Nodes,
    DateTimeOffset? LastReport,
    RolloutRow? Running,
    int Rollouts,
    FiguresNow? Figures)
{
    /// <summary>What of its requests is kept.</summary>
    public LoggingState Logging { get; init; } = new();

    /// <summary>Of each arm in the answered requests, 0 to 1; empty without requests.</summary>
    public IReadOnlyDictionary<string, double> ObservedShares => Figures?.Shares ?? new Dictionary<string, double>();

    public string Path => $"{Environment}/{Name}";

    public int Acknowledged => Nodes.Count(node => node.IsLive && node.AppliedRevision == Revision);

    public IEnumerable<EndpointNodeRow> Refusing => Nodes.Where(node => node.RejectedReason is not null);
}

public sealed record ReleaseRow(string Id, string Model, string Version, DateTimeOffset CreatedAt, string CreatedBy);

/// <param name="Versions">Versions of this endpoint's releases it holds, with their state: serving, warm, loading.</param>
public sealed record EndpointNodeRow(
    string Name,
    bool IsLive,
    long AppliedRevision,
    long? RejectedRevision,
    string? RejectedReason,
    string? RejectedDetail,
    DateTimeOffset? LastSeen,
    IReadOnlyList<HeldVersion> Versions);

public sealed record HeldVersion(string Version, string State);

/// <summary>A version that could be deployed.</summary>
public sealed record DeployableVersion(string Model, int Number, DateTimeOffset UploadedAt)
{
    public string Text => $"{Model} v{Number}";
}

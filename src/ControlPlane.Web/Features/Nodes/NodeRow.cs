namespace ControlPlane.Web.Features.Nodes;

/// <summary>A node as a row of the list and the head of its page.</summary>
/// <param name="State">Worst first: refused, silent, quarantine, draining, loading, serving, waiting, revoked.</param>
/// <param name="Desired">Revision its environment asks for.</param>
/// <param name="RotationAskedAt">Since when it is to fetch a new credential; null: it has the newest.</param>
/// <param name="SecondSessionAt">When two processes were last seen that use its credential.</param>
/// <param name="ClockMs">How far its clock is ahead of ours; null before its first report.</param>
public sealed record NodeRow(
    string Name,
    string Kind,
    string Environment,
    string Pool,
    NodeCondition State,
    DateTimeOffset? LastSeen,
    long Desired,
    long Applied,
    long? RejectedRevision,
    string? RejectedReason,
    string? RejectedDetail,
    IReadOnlyList<NodeVersion> Versions,
    IReadOnlyList<QuarantinedVersion> Quarantined,
    long? DiskFreeBytes,
    long? MemoryBytes,
    string? AgentVersion,
    double? ClockMs,
    string? Address,
    string? Source,
    DateTimeOffset? StartedAt,
    DateTimeOffset JoinedAt,
    long LogDropped,
    DateTimeOffset? RotationAskedAt = null,
    DateTimeOffset? SecondSessionAt = null)
{
    public bool NeedsAttention => State is NodeCondition.Refused or NodeCondition.NotWritten or NodeCondition.Silent or NodeCondition.Quarantine;
}

/// <summary>In the order of the list, worst first.</summary>
public enum NodeCondition
{
    Refused,

    /// <summary>Serves what it should, but its disk did not take it.</summary>
    NotWritten,
    Silent,
    Quarantine,
    Draining,
    Loading,
    Waiting,
    Serving,
    Revoked,
}

public sealed record NodeVersion(string Model, string Version, string State, string Release, DateTimeOffset Since);

public sealed record QuarantinedVersion(string Release, string Reason, DateTimeOffset At);

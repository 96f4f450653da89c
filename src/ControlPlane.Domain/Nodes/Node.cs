using ControlPlane.Domain.Primitives;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Nodes;

/// <summary>A serving node or gateway that has joined.</summary>
public sealed class Node : IStamped
{
    public required NodeId Id { get; init; }

    public required string Name { get; init; }

    /// <summary><c>node</c> or <c>gateway</c>.</summary>
    public required string Kind { get; set; }

    public required string Environment { get; set; }

    public required string Pool { get; set; }

    public string? Address { get; set; }

    /// <summary>64 hex digits.</summary>
    public required string CredentialHash { get; set; }

    /// <summary>Of the credential that replaces the present one as soon as it is used: an answer that got lost locks nobody out. 64 hex digits.</summary>
    public string? NextCredentialHash { get; set; }

    /// <summary>Since then it is to fetch a new credential; null: it is not.</summary>
    public DateTimeOffset? RotationAskedAt { get; set; }

    /// <summary>When two processes were last seen that use its credential; null: never.</summary>
    public DateTimeOffset? SecondSessionAt { get; set; }

    public required DateTimeOffset JoinedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    public long Stamp { get; set; }
}

/// <summary>The last report of a node, as the control planes share it. Written without a concurrency token: the newest wins.</summary>
public sealed class NodeStatus
{
    public required NodeId NodeId { get; init; }

    public required Report Report { get; set; }

    public required DateTimeOffset LastSeen { get; set; }

    /// <summary>Node clock minus control plane clock.</summary>
    public TimeSpan ClockOffset { get; set; }
}

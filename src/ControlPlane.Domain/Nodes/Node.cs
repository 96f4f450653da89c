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

/// <summary>Lets nodes or gateways join one environment and pool.</summary>
public sealed class JoinToken : IStamped
{
    public required TokenId Id { get; init; }

    public required string Hash { get; init; }

    public required string Environment { get; init; }

    public required string Pool { get; init; }

    /// <summary>How often it may still be used.</summary>
    public required int UsesLeft { get; set; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    public long Stamp { get; set; }
}

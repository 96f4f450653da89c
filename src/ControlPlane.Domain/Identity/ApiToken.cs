using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Identity;

/// <summary>A secret that scripts sign in with; stored as its hash.</summary>
public sealed class ApiToken : IStamped
{
    public required TokenId Id { get; init; }

    public required string Name { get; init; }

    /// <summary>64 hex digits.</summary>
    public required string Hash { get; init; }

    /// <summary><c>viewer</c>, <c>engineer</c>, <c>releaser</c> or <c>admin</c>.</summary>
    public required string Role { get; init; }

    /// <summary><c>token</c>, or <c>session</c> for a person's own session in scripts.</summary>
    public required string Kind { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>To the minute; null: never.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    public long Stamp { get; set; }

    public bool IsValid(DateTimeOffset at) => RevokedAt is null && at < ExpiresAt;
}

using ControlPlane.Domain.Primitives;
using Serving.Contracts.Joining;

namespace ControlPlane.Domain.Nodes;

/// <summary>Lets nodes or gateways join one environment and pool, a few times and for a day at the longest.</summary>
public sealed class JoinToken : IStamped
{
    public const int MostUses = 1_000;

    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

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

    /// <returns>Why it lets nobody in any more, for those who look after it; null: it does.</returns>
    public string? WhyVoid(DateTimeOffset at) =>
        RevokedAt is not null ? "revoked" : ExpiresAt <= at ? "expired" : UsesLeft <= 0 ? "used up" : null;

    /// <param name="known">Who has the name already.</param>
    /// <returns>Why it does not let this one in; null: it does.</returns>
    public string? WhyNot(JoinRequest request, Node? known, DateTimeOffset at) =>
        WhyVoid(at)
        ?? (request.Environment is not null && request.Environment != Environment ? $"for environment {Environment}"
        : request.Pool is not null && request.Pool != Pool ? $"for pool {Pool}"
        // Whoever was thrown out comes back with a token that was made since, not with the one in its configuration.
        : known?.RevokedAt is { } revoked && CreatedAt <= revoked ? "older than the revocation of this node"
        : null);
}

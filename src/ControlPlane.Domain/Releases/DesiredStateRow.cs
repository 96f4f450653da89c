namespace ControlPlane.Domain.Releases;

/// <summary>One revision as it was published; never changed.</summary>
public sealed class DesiredStateRow
{
    public required string Environment { get; init; }

    public required string TimelineId { get; init; }

    public required long Revision { get; init; }

    public required string ContentHash { get; init; }

    /// <summary>The very bytes nodes get, compressed with gzip.</summary>
    public required byte[] Document { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string Actor { get; init; }

    public required string Reason { get; init; }
}

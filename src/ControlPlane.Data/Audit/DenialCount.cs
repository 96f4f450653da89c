using ControlPlane.Domain.Identity;

namespace ControlPlane.Data.Audit;

/// <summary>What one actor was denied in one minute, counted.</summary>
public sealed class DenialCount
{
    public required DateTimeOffset Minute { get; init; }

    public required string Actor { get; init; }

    public required string Action { get; init; }

    public required ActorKind ActorKind { get; init; }

    /// <summary>Of the last one.</summary>
    public required string Target { get; set; }

    public required long Count { get; set; }

    public required DateTimeOffset FirstAt { get; init; }

    public required DateTimeOffset LastAt { get; set; }
}

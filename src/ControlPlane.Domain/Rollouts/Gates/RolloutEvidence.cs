using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>
/// What the gates of a rollout have seen and say. It is kept beside the rollout, since it changes with every window: what a person does must not be
/// refused as stale because another ten seconds have passed.
/// </summary>
public sealed class RolloutEvidence : IStamped
{
    public required RolloutId RolloutId { get; init; }

    public required Evidence Evidence { get; set; }

    public IReadOnlyList<Reading> Readings { get; set; } = [];

    /// <summary>Why nothing can be said now; null: all measurements are there.</summary>
    public string? Missing { get; set; }

    /// <summary>When the newest window was judged.</summary>
    public DateTimeOffset At { get; set; }

    public long Stamp { get; set; }
}

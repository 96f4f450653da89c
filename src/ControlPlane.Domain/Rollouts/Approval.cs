using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Rollouts;

/// <summary>One person's yes to one plan, of one attempt, for one step. It is never changed; what has become of the plan since decides what it is worth.</summary>
public sealed class Approval
{
    public required ApprovalId Id { get; init; }

    public required RolloutId RolloutId { get; init; }

    public required int Attempt { get; init; }

    /// <summary>The step it lets begin; 0: the start.</summary>
    public required int Step { get; init; }

    /// <summary>The plan that was looked at (<see cref="Rollouts.PlanHash"/>).</summary>
    public required string PlanHash { get; init; }

    /// <summary>Digest of the files that the release serves.</summary>
    public required string Artifact { get; init; }

    /// <summary>E-mail of the person.</summary>
    public required string Approver { get; init; }

    public required DateTimeOffset At { get; init; }

    public required DateTimeOffset Until { get; init; }

    public string? Comment { get; init; }

    /// <summary>Given alone in an emergency: by who had the right to, with a reason.</summary>
    public bool IsBreakGlass { get; init; }
}

using System.Text.Json.Serialization;

namespace ControlPlane.Domain.Rollouts;

/// <summary>Where a rollout is.</summary>
/// <param name="Step">Index of the step under way; -1 before the start.</param>
/// <param name="Weight">Share of traffic the new release is asked to take, basis points.</param>
/// <param name="Reason">Why it is paused, going back or ended.</param>
/// <param name="Cause">While it goes back: how it will end.</param>
public sealed record RolloutState(
    RolloutPhase Phase, int Attempt, int Step, int Weight, DateTimeOffset EnteredAt, string? Reason = null, RolloutPhase? Cause = null)
{
    /// <summary>Share of requests mirrored to the new release, basis points.</summary>
    public int Mirror { get; init; }

    /// <summary>First ten-second window in which all nodes had taken the step; null: they have not.</summary>
    public long? InForceFrom { get; init; }

    /// <summary>The step's time was over once; it now waits for evidence only.</summary>
    public bool IsHoldOver { get; init; }

    /// <summary>Windows judged before the present wait began; null: taken at the next look.</summary>
    public long? HeldBefore { get; init; } = 0;

    /// <summary>Newest window that a decision of this attempt rests on.</summary>
    public long? JudgedThrough { get; init; }

    /// <summary>While an approval is awaited under way: the step it is about.</summary>
    public int? Pending { get; init; }

    /// <summary>Hash of the plan that was approved; null: none.</summary>
    public string? ApprovedPlan { get; init; }

    /// <summary>While inconclusive: nodes do not answer. It goes on by itself when they do.</summary>
    public bool AwaitsNodes { get; init; }

    /// <summary>Nodes that a person counts out.</summary>
    public IReadOnlyList<string> Excluded { get; init => field = value ?? []; } = [];

    public static RolloutState Draft(int attempt, DateTimeOffset at) => new(RolloutPhase.Draft, attempt, -1, 0, at);

    [JsonIgnore]
    public bool IsOver => Phase is RolloutPhase.Completed or RolloutPhase.Aborted or RolloutPhase.RolledBack or RolloutPhase.Superseded;

    /// <summary>Traffic or memory of the nodes depends on it.</summary>
    [JsonIgnore]
    public bool IsUnderWay => Phase is RolloutPhase.Progressing or RolloutPhase.Paused or RolloutPhase.Inconclusive or RolloutPhase.RollingBack
        || Phase == RolloutPhase.AwaitingApproval && Step >= 0;

    /// <summary>The new release may answer or be mirrored to: its gates are armed.</summary>
    [JsonIgnore]
    public bool IsArmed => IsUnderWay && Phase != RolloutPhase.RollingBack && InForceFrom is not null;
}

public enum RolloutPhase
{
    Draft,
    AwaitingApproval,
    Ready,
    Progressing,
    Paused,
    Inconclusive,
    RollingBack,
    Completed,
    Aborted,
    RolledBack,
    Superseded,
}

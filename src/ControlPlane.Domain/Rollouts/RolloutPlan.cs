namespace ControlPlane.Domain.Rollouts;

/// <summary>What a rollout sets out to do: steps taken in order. A strategy is a way to make the list.</summary>
/// <param name="KeepFor">How long the release that served before is kept in memory at least.</param>
public sealed record RolloutPlan(string Strategy, IReadOnlyList<RolloutStep> Steps, bool NeedsApproval = false, TimeSpan? KeepFor = null);

/// <param name="Weight">Share of traffic for the new release in this step, basis points.</param>
public sealed record RolloutStep(StepKind Kind, int Weight);

public enum StepKind
{
    /// <summary>Every reachable node of the pool takes the release into memory; no traffic moves.</summary>
    Load,

    /// <summary>Traffic moves in one revision.</summary>
    Shift,
}

/// <summary>Names of the strategies.</summary>
public static class Strategies
{
    public const string AllAtOnce = "allAtOnce";
    public const string Rollback = "rollback";
}

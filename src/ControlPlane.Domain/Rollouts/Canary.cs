using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Rollouts;

/// <summary>A growing share of traffic, each held while gates are watched.</summary>
public static class Canary
{
    public static readonly TimeSpan DefaultHold = TimeSpan.FromDays(7);

    /// <summary>Errors at most a fifth more often, and as many requests as it takes to say so.</summary>
    public static readonly IReadOnlyList<Gate> DefaultGates =
        [new Gate { Metric = GateMetrics.ErrorRate, AgainstStable = true, MaxIncrease = 0.2 }];

    private static readonly IReadOnlyList<RolloutStep> _defaultSteps =
    [
        new(StepKind.Shift, 500) { Hold = DefaultHold }, new(StepKind.Shift, 2_500) { Hold = DefaultHold },
        new(StepKind.Shift, 5_000) { Hold = DefaultHold }, new(StepKind.Shift, RolloutPlan.Everything),
    ];

    /// <param name="steps">Traffic and mirrors in any order; null: 5, 25, 50 and 100 %, a week each. A step that loads the release everywhere comes before them.</param>
    public static RolloutPlan Plan(bool needsApproval, IReadOnlyList<RolloutStep>? steps = null, IReadOnlyList<Gate>? gates = null) =>
        new(Strategies.Canary, Loaded(steps ?? _defaultSteps), needsApproval, TimeSpan.FromHours(24)) { Gates = gates ?? DefaultGates, WaitsForSilentNodes = true };

    /// <summary>No step but the first meets a node that has not loaded the release.</summary>
    internal static IReadOnlyList<RolloutStep> Loaded(IReadOnlyList<RolloutStep> steps) => [new(StepKind.Load, 0), .. steps];
}

using System.Text.Json.Serialization;
using ControlPlane.Domain.Experiments;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What a rollout sets out to do: steps taken in order. A strategy is a way to make the list.</summary>
/// <param name="KeepFor">How long the release that served before is kept in memory at least.</param>
public sealed record RolloutPlan(string Strategy, IReadOnlyList<RolloutStep> Steps, bool NeedsApproval = false, TimeSpan? KeepFor = null)
{
    public const int Everything = 10_000;

    /// <summary>The release it brings; part of what an approval is bound to.</summary>
    public string? Release { get; init; }

    /// <summary>Nobody has to start it: the approval does.</summary>
    public bool StartsWhenApproved { get; init; }

    public IReadOnlyList<Gate> Gates { get; init => field = value ?? []; } = [];

    /// <summary>Of an A/B test; null: there is none.</summary>
    public ExperimentPlan? Experiment { get; init; }

    /// <summary>How long after a breach only a person may start the same release again.</summary>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Nodes that do not answer hold a step up. False for what has to go through at once.</summary>
    public bool WaitsForSilentNodes { get; init; }

    /// <summary>It ends with all traffic on the new release. Shadows and A/B tests end where they began.</summary>
    [JsonIgnore]
    public bool Ships => Steps.Count > 0 && Steps[^1].Weight == Everything;
}

/// <param name="Weight">Share of traffic for the new release in this step, basis points.</param>
public sealed record RolloutStep(StepKind Kind, int Weight)
{
    /// <summary>Share of requests mirrored to the new release, basis points.</summary>
    public int Mirror { get; init; }

    /// <summary>How long it holds at least, counted in windows that were judged; zero: it ends when all nodes have acknowledged it.</summary>
    public TimeSpan Hold { get; init; }

    /// <summary>Requests that each arm must have had in this step, besides what the gates ask.</summary>
    public long MinSamples { get; init; }

    /// <summary>A person approves before this step is taken.</summary>
    public bool NeedsApproval { get; init; }

    [JsonIgnore]
    public bool Holds => Hold > TimeSpan.Zero || MinSamples > 0;

    /// <summary>Share of the candidate among what is measured, 0 to 1: a mirrored request is measured in both arms.</summary>
    [JsonIgnore]
    public double MeasuredShare => Mirror > 0 ? (double)Mirror / (RolloutPlan.Everything + Mirror) : (double)Weight / RolloutPlan.Everything;
}

public enum StepKind
{
    /// <summary>Every reachable node of the pool takes the release into memory; no traffic moves.</summary>
    Load,

    /// <summary>Traffic moves in one revision.</summary>
    Shift,

    /// <summary>The release gets copies of requests; callers see the stable answer only.</summary>
    Mirror,
}

/// <summary>Names of the strategies.</summary>
public static class Strategies
{
    public const string AllAtOnce = "allAtOnce";
    public const string Canary = "canary";
    public const string Shadow = "shadow";
    public const string BlueGreen = "blueGreen";
    public const string Ab = "ab";
    public const string Rollback = "rollback";

    public static readonly IReadOnlyList<string> All = [AllAtOnce, Canary, Shadow, BlueGreen, Ab, Rollback];
}

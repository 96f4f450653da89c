namespace ControlPlane.Domain.Rollouts.Gates;

public enum Verdict
{
    NotEnoughEvidence,
    Better,
    NoWorse,
    Worse,
}

/// <summary>What one gate says now, with its evidence.</summary>
public sealed record Reading(string Gate, Verdict Verdict, BreachAction OnBreach, bool IsRequired)
{
    /// <summary>Rates against stable: how many times as often. Means against stable: candidate − stable. Limits: the newest value. Null: nothing yet.</summary>
    public double? Value { get; init; }

    /// <summary>Holds at every time at once; null: none.</summary>
    public double? Low { get; init; }

    public double? High { get; init; }

    /// <summary>What the value is held against.</summary>
    public double Threshold { get; init; }

    public long StableSamples { get; init; }

    public long CandidateSamples { get; init; }

    /// <summary>Samples each arm needs in this step; 0: the gate compares nothing in this step.</summary>
    public long MinSamples { get; init; }

    /// <summary>When the harm to find would be expected to show; null: unknown, or it would have.</summary>
    public TimeSpan? Eta { get; init; }

    /// <summary>False: what was seen cannot be judged, such as values that are no numbers or never differ.</summary>
    public bool IsJudged { get; init; } = true;

    /// <summary>Enough was seen to let the step end, and what was seen allows it.</summary>
    public bool AllowsNext => IsJudged && CandidateSamples >= MinSamples && StableSamples >= MinSamples
        && Verdict != Verdict.Worse && (!IsRequired || MinSamples == 0 || Verdict is Verdict.Better or Verdict.NoWorse);

    /// <summary>One sentence with the numbers in it.</summary>
    public required string Sentence { get; init; }
}

/// <summary>All gates at one watermark, and the evidence to keep.</summary>
/// <param name="Through">The watermark.</param>
/// <param name="Held">Complete windows of the step judged so far.</param>
/// <param name="Missing">Why nothing can be said now; null: all measurements are there.</param>
public sealed record Evaluation(int Attempt, int Step, long Through, long Held, IReadOnlyList<Reading> Readings, string? Missing, Evidence Evidence)
{
    public long StableSamples => Evidence.StableSamples;

    public long CandidateSamples => Evidence.CandidateSamples;
}

using ControlPlane.Domain.Statistics;

namespace ControlPlane.Domain.Experiments;

/// <summary>Whether B is better than A, what it rests on, and whether it may be believed.</summary>
/// <param name="Units">Distinct units of A and B.</param>
/// <param name="RequiredPerArm">Null: not known yet, for want of a baseline.</param>
/// <param name="IsFinal">The planned units are in and the time is over (fixed), or the analysis may be looked at at any time (sequential).</param>
public sealed record ExperimentReport(
    SampleRatio SampleRatio, IReadOnlyList<long> Units, long? RequiredPerArm, Difference? Effect, bool IsFinal, ExperimentVerdict Verdict, string Sentence)
{
    /// <summary>Share of the variance that the time before the start explained, 0 to 1; null: not adjusted.</summary>
    public double? Explained { get; init; }
}

public enum ExperimentVerdict
{
    /// <summary>Units are not spread as planned: something else differs between the arms, and no number below means anything.</summary>
    NotValid,

    NotEnoughEvidence,

    /// <summary>Looked at to the planned end: a difference of the planned size would most likely have shown.</summary>
    NoDifference,
    Better,
    Worse,
}

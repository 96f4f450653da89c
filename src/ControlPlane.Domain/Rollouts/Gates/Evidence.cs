using ControlPlane.Domain.Statistics;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>What the windows judged so far say: kept with the rollout, so that a window is judged once and nothing is kept for each request.</summary>
public sealed record Evidence(int Attempt)
{
    public int Step { get; init; } = -1;

    /// <summary>Newest window judged; null: none.</summary>
    public long? Through { get; init; }

    /// <summary>First window judged in this step, for whoever looks the rows up.</summary>
    public long? From { get; init; }

    /// <summary>Complete windows of this step that were judged.</summary>
    public long Held { get; init; }

    /// <summary>Windows in a row that passed the watermark without measurements.</summary>
    public long Unmeasured { get; init; }

    public long StableSamples { get; init; }

    public long CandidateSamples { get; init; }

    /// <summary>By gate name.</summary>
    public IReadOnlyDictionary<string, GateEvidence> Gates { get; init; } = new Dictionary<string, GateEvidence>(StringComparer.Ordinal);
}

/// <summary>Of one gate.</summary>
public sealed record GateEvidence
{
    public static readonly GateEvidence Nothing = new();

    /// <summary>Rates against stable: over the whole attempt.</summary>
    public RelativeRisk Risk { get; init; } = RelativeRisk.Nothing;

    /// <summary>Requests of both arms behind <see cref="Risk"/>.</summary>
    public long RiskRequests { get; init; }

    /// <summary>Means against stable: of this step, so that what changes with the hour does not pass for a difference of the arms.</summary>
    public Moments Stable { get; init; } = Sums.None;

    public Moments Candidate { get; init; } = Sums.None;

    /// <summary>Means: windows of this step with values that are no numbers. They count for nothing, and nothing is fine while there are any.</summary>
    public long Unusable { get; init; }

    /// <summary>Limits: whether each of the newest windows with enough samples was over it, oldest first; at most five.</summary>
    public IReadOnlyList<bool> Recent { get; init; } = [];

    /// <summary>Limits: what waits until it holds enough samples to be judged.</summary>
    public Moments Pool { get; init; } = Sums.None;

    /// <summary>Limits: the value of the newest window judged.</summary>
    public double? Last { get; init; }
}

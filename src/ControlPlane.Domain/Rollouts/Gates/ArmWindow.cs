using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>One arm in one window, as one control plane saw it or as the sum of all.</summary>
/// <param name="Window">Number of the window (<see cref="GateWindow"/>).</param>
public sealed record ArmWindow(long Window, GateArm Arm)
{
    public long Requests { get; init; }

    /// <summary>5xx and deadlines; 429 is in neither number.</summary>
    public long Errors { get; init; }

    /// <summary>
    /// Other 4xx. What callers do wrong meets both arms alike, so a comparison counts them as failures: a release that refuses what the stable one takes is
    /// found so. A limit for the candidate alone does not.
    /// </summary>
    public long Invalid { get; init; }

    /// <summary>Requests with at least one feature that was missing or too old.</summary>
    public long Missing { get; init; }

    public LatencyHistogram? Latency { get; init; }

    public Moments? Prediction { get; init; }

    /// <summary>Values of <c>outcome:</c> and <c>custom:</c> metrics, by metric.</summary>
    public IReadOnlyDictionary<string, Moments>? Values { get; init; }

    /// <summary>
    /// By gate name: failures of units that had none before in this attempt. Given where arms are assigned by unit: a unit that fails once tends to fail again,
    /// and counting every request of it gives a third of false alarms. Null: every failure counts.
    /// </summary>
    public IReadOnlyDictionary<string, long>? FirstFailures { get; init; }

    /// <summary>Arrived after the watermark had passed: kept, never judged.</summary>
    public bool IsLate { get; init; }
}

public enum GateArm
{
    Stable,

    /// <summary>The new release: with traffic of its own, or mirrored.</summary>
    Candidate,
}

/// <summary>What was measured so far.</summary>
/// <param name="Rows">Of any windows and instances; those judged already, late or not yet complete are passed over.</param>
/// <param name="Watermark">Newest window that is complete.</param>
/// <param name="MeasuredThrough">Newest window for which every reachable node has sent its measurements, empty ones too; null: unknown.</param>
public sealed record Measurements(IReadOnlyList<ArmWindow> Rows, long Watermark, long? MeasuredThrough)
{
    /// <summary>Nodes that send what they are asked for, whatever it is, up to the watermark.</summary>
    public static Measurements Complete(IReadOnlyList<ArmWindow> rows, long watermark) => new(rows, watermark, watermark);
}

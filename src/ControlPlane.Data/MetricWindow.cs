namespace ControlPlane.Data;

/// <summary>What one control plane saw of one endpoint × release × arm in one window; readers sum over instances.</summary>
public sealed class MetricWindow
{
    /// <summary>How the instance's name begins in rows that came after their window was closed: kept, never judged.</summary>
    public const string Late = "late-";

    public required string Environment { get; init; }

    public required string Endpoint { get; init; }

    public required string Release { get; init; }

    public required string Arm { get; init; }

    /// <summary>Begin of the window.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The control plane that wrote it.</summary>
    public required string Instance { get; init; }

    public long Requests { get; set; }

    public long Errors { get; set; }

    public long Timeouts { get; set; }

    public long Invalid { get; set; }

    public long Refused { get; set; }

    /// <summary>Predictions that have a number, with their mean and the sum of squared differences from it.</summary>
    public long Predictions { get; set; }

    public double PredictionMean { get; set; }

    public double PredictionM2 { get; set; }

    /// <summary>A latency histogram as it goes over the wire.</summary>
    public byte[] Latency { get; set; } = [];
}

namespace ControlPlane.Data;

/// <summary>How far one control plane has written its windows: all that it saw before that moment stands in the database.</summary>
public sealed class MetricWriter
{
    public required string Instance { get; init; }

    /// <summary>The end of the newest window written.</summary>
    public required DateTimeOffset Until { get; set; }

    /// <summary>When it last wrote. One that has been silent for a minute holds nobody up.</summary>
    public required DateTimeOffset At { get; set; }
}

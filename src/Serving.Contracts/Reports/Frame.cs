namespace Serving.Contracts.Reports;

/// <summary>What one node measured in one second. Counted once by (session, sequence), however often it arrives.</summary>
public sealed record Frame(string NodeSession, long Seq, DateTimeOffset At, IReadOnlyList<FrameSeries> Series);

/// <summary>One endpoint × release × arm.</summary>
public sealed record FrameSeries
{
    public required string Endpoint { get; init; }
    public required string Release { get; init; }
    public required string Arm { get; init; }

    /// <summary>Answered requests, errors included; refusals (429) are not in it.</summary>
    public long Requests { get; init; }

    /// <summary>Requests answered 5xx, 504 apart.</summary>
    public long Errors { get; init; }
    public long Timeouts { get; init; }

    /// <summary>Requests answered 4xx other than 429.</summary>
    public long Invalid { get; init; }

    /// <summary>Requests refused with 429.</summary>
    public long Refused { get; init; }

    /// <summary>Requests without an assignment key.</summary>
    public long Unassigned { get; init; }
    public long Rows { get; init; }

    /// <summary>A <see cref="LatencyHistogram"/> of whole requests, as it goes over the wire.</summary>
    public byte[] Latency { get; init => field = value ?? []; } = [];

    /// <summary>Requests in the node when the second ended.</summary>
    public int InFlight { get; init; }

    public Moments? Prediction { get; init; }
}

/// <summary>Count, mean and sum of squared differences from the mean: mergeable by Chan's formula.</summary>
public sealed record Moments(long Count, double Mean, double M2);

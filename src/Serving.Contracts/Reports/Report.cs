namespace Serving.Contracts.Reports;

/// <summary>What a node says of itself, every few seconds and at once after a change; repeated until superseded, so losing one costs nothing.</summary>
public sealed record Report
{
    /// <summary>One id for each start of the node's process.</summary>
    public required string NodeSession { get; init; }

    /// <summary>0: nothing applied yet.</summary>
    public long AppliedRevision { get; init; }
    public string? TimelineId { get; init; }
    public string? ContentHash { get; init; }

    /// <summary>The newest desired state the node refused; it goes on serving what it had.</summary>
    public Rejection? Rejected { get; init; }

    /// <summary>Releases in memory, routed or warm.</summary>
    public IReadOnlyList<ServedRelease> Serving { get; init => field = value ?? []; } = [];
    public IReadOnlyList<Quarantine> Quarantined { get; init => field = value ?? []; } = [];

    /// <summary>The node's own clock, UTC.</summary>
    public required DateTimeOffset Clock { get; init; }
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Base address for predictions over HTTP/1.1, such as <c>http://10.0.0.7:8000</c>.</summary>
    public string? Address { get; init; }

    /// <summary>Base address over HTTP/2 without TLS.</summary>
    public string? Http2Address { get; init; }

    /// <summary><c>push</c>, <c>poll</c>, <c>cache</c> or <c>file</c>: where the applied state came from.</summary>
    public string? Source { get; init; }
    public string? AgentVersion { get; init; }
    public long MemoryBytes { get; init; }
    public long DiskFreeBytes { get; init; }

    /// <summary>Prediction log records dropped since the start of the process.</summary>
    public long LogDropped { get; init; }

    /// <summary>Takes no new requests: it is shutting down or was asked to drain.</summary>
    public bool Draining { get; init; }
}

/// <param name="Reason">One of <see cref="RejectionReasons"/>.</param>
/// <param name="Detail">What exactly, with the numbers in it.</param>
public sealed record Rejection(long Revision, string Reason, string Detail, string? Release = null);

/// <param name="State"><c>serving</c> (an arm routes to it), <c>warm</c> (loaded, not routed) or <c>loading</c>.</param>
public sealed record ServedRelease(string Release, string Model, string Version, string Digest, DateTimeOffset Since, string State)
{
    public const string Serving = "serving";
    public const string Warm = "warm";
    public const string Loading = "loading";
}

/// <summary>A release this node does not load any more because it took a process down.</summary>
public sealed record Quarantine(string Release, string Reason, DateTimeOffset At);

/// <summary>Why a node refused a desired state.</summary>
public static class RejectionReasons
{
    public const string MalformedState = "MalformedState";
    public const string RevisionRegression = "RevisionRegression";
    public const string MissingCapability = "MissingCapability";
    public const string DigestMismatch = "DigestMismatch";
    public const string DownloadFailed = "DownloadFailed";
    public const string InsufficientDisk = "InsufficientDisk";

    /// <summary>Not a refusal: the state is served, but a restart would serve the one before until the control plane is reached.</summary>
    public const string StateNotWritten = "StateNotWritten";
    public const string InsufficientMemory = "InsufficientMemory";
    public const string LoadFailed = "LoadFailed";
    public const string SmokeFailed = "SmokeFailed";
    public const string ProbeCrashed = "ProbeCrashed";

    /// <summary>The process that was to run the release alone died of loading it; it is tried again, later each time.</summary>
    public const string WorkerCrashed = "WorkerCrashed";
    public const string CrashLoop = "CrashLoop";
}

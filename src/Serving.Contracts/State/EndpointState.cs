namespace Serving.Contracts.State;

/// <summary>A prediction service under one name in one environment.</summary>
public sealed record EndpointState
{
    public required string Name { get; init; }

    /// <summary>Every node of the pool serves every endpoint of the pool.</summary>
    public string Pool { get; init => field = value ?? "default"; } = "default";

    /// <summary>The entity whose id keeps a caller on one arm; null: the assignment header or the request id.</summary>
    public string? AssignmentKey { get; init; }

    public string Salt { get; init => field = value ?? ""; } = "";

    /// <summary>Candidates first, stable last (<see cref="Bucket"/>); weights sum to 10 000; empty: nothing is served yet.</summary>
    public IReadOnlyList<ArmState> Arms { get; init => field = value ?? []; } = [];

    public IReadOnlyList<MirrorState> Mirrors { get; init => field = value ?? []; } = [];

    /// <summary><c>online</c>, <c>batch</c> or <c>hybrid</c>.</summary>
    public string Mode { get; init => field = value ?? "online"; } = "online";

    public StoreState? Store { get; init; }

    public LoggingState Logging { get; init => field = value ?? new(); } = new();

    public MonitorState? Monitor { get; init; }

    public LimitsState Limits { get; init => field = value ?? new(); } = new();

    /// <summary>Null: every request is run.</summary>
    public CacheState? Cache { get; init; }
}

/// <param name="Weight">Basis points, 0 to 10 000.</param>
public sealed record ArmState(string Name, string Release, int Weight)
{
    public const string Stable = "stable";
    public const string Candidate = "candidate";

    /// <summary>The arm of a request that asked for a version itself.</summary>
    public const string Direct = "direct";
}

/// <param name="Rate">Share of requests to mirror, basis points, 0 to 10 000.</param>
public sealed record MirrorState(string Release, int Rate);

/// <summary>Stored predictions: how old one may be to answer, and how long it is kept. Seconds.</summary>
public sealed record StoreState(long MaxAgeSeconds, long KeepSeconds);

/// <param name="Sample">Share of units whose predictions are logged, 0 to 1.</param>
/// <param name="Fields">Inputs that may be logged; null: all.</param>
public sealed record LoggingState(double Sample = 1, IReadOnlyList<string>? Fields = null);

/// <summary>Which number of the answer is watched: <c>probabilities[1]</c>, <c>max(probabilities)</c>.</summary>
public sealed record MonitorState(string? Prediction = null, string? Confidence = null);

/// <param name="MaxConcurrency">Requests of this endpoint that run or wait in one node; more are refused with 429.</param>
/// <param name="DeadlineMs">A request that takes longer is answered 504 and its run is ended.</param>
/// <param name="MaxBodyBytes">A longer request body is answered 413.</param>
/// <param name="MaxRows">Rows in one request.</param>
public sealed record LimitsState(int MaxConcurrency = 256, int DeadlineMs = 10_000, long MaxBodyBytes = 16 << 20, int MaxRows = 10_000);

/// <summary>Answers that a node keeps, to give them again for exactly the same inputs of the same release.</summary>
/// <param name="MaxBytes">Memory for them in each node, 64 KiB to 64 GiB.</param>
/// <param name="Lifetime">How long one may be given again, as <see cref="Durations"/> reads it: above 0, at most 30 days.</param>
/// <param name="CheckShare">Share of those given again whose inputs are run afterwards and compared, 0 to 1.</param>
public sealed record CacheState(long MaxBytes = 64 << 20, string Lifetime = "5m", double CheckShare = 0.01);

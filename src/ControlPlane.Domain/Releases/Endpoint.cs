using ControlPlane.Domain.Primitives;
using Serving.Contracts;
using Serving.Contracts.State;

namespace ControlPlane.Domain.Releases;

/// <summary>A prediction service under one name in one environment.</summary>
public sealed class Endpoint : IStamped
{
    private Endpoint()
    {
    }

    public EndpointId Id { get; private set; }

    public string Environment { get; private set; } = "";

    public string Name { get; private set; } = "";

    public string Pool { get; private set; } = "default";

    public string Mode { get; private set; } = "online";

    public string? AssignmentKey { get; private set; }

    /// <summary>p99 latency promised, milliseconds; shown as the limit in charts.</summary>
    public double? SloP99Ms { get; private set; }

    public LoggingState Logging { get; private set; } = new();

    public MonitorState? Monitor { get; private set; }

    public LimitsState Limits { get; private set; } = new();

    /// <summary>Null: nodes keep no answers.</summary>
    public CacheState? Cache { get; private set; }

    /// <summary>The release that serves when no rollout is under way.</summary>
    public string? StableRelease { get; private set; }

    public DateTimeOffset? StableSince { get; private set; }

    /// <summary>The release that served before: the way back, kept in memory by the nodes.</summary>
    public string? PreviousRelease { get; private set; }

    public string CreatedBy { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }

    public long Stamp { get; set; }

    public string Address => $"{Environment}/{Name}";

    public static Outcome<Endpoint> Create(string environment, EndpointSettings settings, string createdBy, DateTimeOffset at)
    {
        if ((Names.Check("name", settings.Name) ?? Names.Check("pool", settings.Pool ?? "default") ?? settings.Check()) is { } refusal)
            return refusal;

        return new Endpoint
        {
            Id = EndpointId.New(at),
            Environment = environment,
            Name = settings.Name,
            Pool = settings.Pool ?? "default",
            Mode = settings.Mode ?? "online",
            AssignmentKey = settings.AssignmentKey,
            SloP99Ms = settings.SloP99Ms,
            Logging = settings.Logging ?? new LoggingState(),
            Monitor = settings.Monitor,
            Limits = settings.Limits ?? new LimitsState(),
            Cache = settings.Cache,
            CreatedBy = createdBy,
            CreatedAt = at,
        };
    }

    /// <summary>Takes the settings as they are declared; what is left out goes back to what it is without being said.</summary>
    /// <param name="isUnderWay">A rollout is: units must stay where they are.</param>
    /// <returns>Null: taken.</returns>
    public Refusal? Declare(EndpointSettings settings, bool isUnderWay)
    {
        if (settings.Check() is { } refusal)
            return refusal;
        if ((settings.Pool ?? "default") != Pool)
            return Refusal.Invalid("pool", $"pool of {Address} is {Pool} and stays so: nodes of another pool hold none of its releases. Make another endpoint there.");
        if (settings.AssignmentKey != AssignmentKey && isUnderWay)
            return Refusal.Invalid("assignmentKey", $"assignmentKey of {Address} cannot change while a rollout is under way: callers would change arms in its middle.");
        Mode = settings.Mode ?? "online";
        AssignmentKey = settings.AssignmentKey;
        SloP99Ms = settings.SloP99Ms;
        Logging = settings.Logging ?? new LoggingState();
        Monitor = settings.Monitor;
        Limits = settings.Limits ?? new LimitsState();
        Cache = settings.Cache;
        return null;
    }

    /// <summary>Another release serves from now on; the present one becomes the way back.</summary>
    public void Serve(string release, DateTimeOffset at)
    {
        if (release == StableRelease)
            return;
        PreviousRelease = StableRelease;
        StableRelease = release;
        StableSince = at;
    }
}

/// <summary>What a person says when an endpoint is made.</summary>
public sealed record EndpointSettings(
    string Name, string? Pool = null, string? Mode = null, string? AssignmentKey = null, double? SloP99Ms = null,
    LoggingState? Logging = null, MonitorState? Monitor = null, LimitsState? Limits = null, CacheState? Cache = null)
{
    private static readonly string[] _modes = ["online", "batch", "hybrid"];

    internal Refusal? Check()
    {
        if (Mode is not null && !_modes.Contains(Mode))
            return Refusal.Invalid("mode", "mode must be online, batch or hybrid.");
        if (Logging?.Sample is < 0 or > 1)
            return Refusal.Invalid("logging.sample", "logging.sample must be a share between 0 and 1.");
        if (Limits is { MaxConcurrency: < 1 or > 100_000 } or { DeadlineMs: < 1 or > 600_000 } or { MaxBodyBytes: < 1024 or > 1L << 30 } or { MaxRows: < 1 or > 1_000_000 })
            return Refusal.Invalid("limits", "limits: maxConcurrency 1 to 100000, deadlineMs 1 to 600000, maxBodyBytes 1 KiB to 1 GiB, maxRows 1 to 1000000.");
        if (Cache is { MaxBytes: < 64 << 10 or > 64L << 30 } or { CheckShare: not (>= 0 and <= 1) }
            || (Cache is not null && !(Durations.Parse(Cache.Lifetime) is { Ticks: > 0, TotalDays: <= 30 })))
            return Refusal.Invalid("cache", "cache: maxBytes 64 KiB to 64 GiB, lifetime such as 30s or 10m and at most 30d, checkShare 0 to 1.");
        if (SloP99Ms is <= 0)
            return Refusal.Invalid("sloP99Ms", "sloP99Ms must be above 0.");
        return null;
    }
}

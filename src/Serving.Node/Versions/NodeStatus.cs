using System.Collections.Concurrent;
using System.Threading.Channels;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Serving.Node.Hosting;
using Serving.Node.Log;
using Serving.Node.Metrics;

namespace Serving.Node.Versions;

/// <summary>What this node says of itself: to the control plane, and at <c>/status</c>. Thread-safe.</summary>
internal sealed class NodeStatus(ServingTable table, BootLedger ledger, SeriesRegistry registry, PredictionLog log, NodeOptions options, NodePaths paths, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ServedRelease> _loading = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private volatile Rejection? _rejected;
    private volatile string? _controlPlaneError;
    private volatile bool _draining;
    private volatile bool _stateLost;
    private volatile string? _source;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _appliedAt;
    private long _agedBefore;

    public string? Source => _source;

    public bool IsDraining => _draining;

    /// <summary>Why no prediction can be answered; null: they can.</summary>
    public string? NotReadyReason =>
        _draining ? "Draining" : table.Current.Revision > 0 ? null : _stateLost ? "StateLost" : "NoConfiguration";

    public Rejection? Rejected => _rejected;

    /// <summary>Why the control plane could not be asked the last time, to the last detail; null: it answered, or was not asked yet.</summary>
    public string? ControlPlaneError
    {
        get => _controlPlaneError;
        set => _controlPlaneError = value;
    }

    /// <summary>Since what is served was first served here, a restart in between or not.</summary>
    public TimeSpan? ConfigurationAge => table.Current.Revision == 0 ? null : time.GetElapsedTime(Volatile.Read(ref _appliedAt)) + new TimeSpan(Volatile.Read(ref _agedBefore));

    public void Restored(bool stateLost) => _stateLost = stateLost;

    /// <summary>Another state than before is about to be served: whoever sees it served must see its age and source as well.</summary>
    /// <param name="at">When it was first served here, by this machine's clock; null: now.</param>
    public void Applying(string source, DateTimeOffset? at)
    {
        _source = source;
        Volatile.Write(ref _appliedAt, time.GetTimestamp());
        Volatile.Write(ref _agedBefore, at is null ? 0 : Math.Max(0, (time.GetUtcNow() - at.Value).Ticks));
    }

    /// <summary>What is served has changed, or what is in memory.</summary>
    public void Applied() => Changed();

    public void Refuse(Rejection? rejection)
    {
        if (Equals(_rejected, rejection))
            return;
        _rejected = rejection;
        Changed();
    }

    public void Loading(string id, ReleaseState release)
    {
        _loading[id] = new ServedRelease(id, release.Model, release.Version, release.Artifact, time.GetUtcNow(), ServedRelease.Loading);
        Changed();
    }

    public void LoadingEnded(string id)
    {
        _loading.TryRemove(id, out _);
    }

    public void Drain()
    {
        _draining = true;
        Changed();
    }

    /// <summary>Ends at once when something changed since the last call, else at the next change, or after <paramref name="longest"/>. One caller at a time.</summary>
    public async Task ChangeAsync(TimeSpan longest, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            await _changes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Nothing changed: the report is due all the same.
        }
    }

    public Report Report()
    {
        var snapshot = table.Current;
        var routed = snapshot.Endpoints.Values.SelectMany(endpoint => endpoint.Arms).Select(arm => arm.Release.Id).ToHashSet(StringComparer.Ordinal);
        return new Report
        {
            NodeSession = registry.Session,
            AppliedRevision = snapshot.Revision,
            TimelineId = snapshot.TimelineId,
            ContentHash = snapshot.ContentHash,
            Rejected = _rejected,
            Serving = [.. snapshot.Releases.Values.Select(release => Served(release, routed)), .. _loading.Values],
            Quarantined = ledger.Quarantined,
            Clock = time.GetUtcNow(),
            StartedAt = _started,
            Address = NodeAddress.Of(options),
            Http2Address = NodeAddress.Http2Of(options),
            Source = _source,
            AgentVersion = NodeAddress.AgentVersion,
            MemoryBytes = Environment.WorkingSet,
            DiskFreeBytes = new DriveInfo(paths.Root).AvailableFreeSpace,
            LogDropped = log.Dropped,
            Draining = _draining,
        };
    }

    private static ServedRelease Served(LoadedRelease release, HashSet<string> routed) => new(
        release.Id, release.State.Model, release.State.Version, release.State.Artifact, release.Since,
        routed.Contains(release.Id) ? ServedRelease.Serving : ServedRelease.Warm);

    private void Changed() => _changes.Writer.TryWrite(true);
}

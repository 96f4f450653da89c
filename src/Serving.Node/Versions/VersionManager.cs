using System.Threading.Channels;
using Serving.Contracts;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

/// <summary>
/// The loop that brings this node to the newest desired state, one step at a time: load what is missing, write the state down, swap the serving table,
/// let go of what nobody needs. The only writer of the serving table. A load runs beside the loop, so that a newer state never waits for it.
/// </summary>
internal sealed partial class VersionManager(
    ServingTable table, SnapshotBuilder builder, ReleaseLoader loader, StateStore store, BootLedger ledger,
    NodeStatus status, ControlPlaneClient controlPlane, NodeOptions options, TimeProvider time, ILogger<VersionManager> logger) : BackgroundService
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    private readonly Channel<Arrival> _arrivals = Channel.CreateBounded<Arrival>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly Dictionary<string, LoadedRelease> _loaded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);
    private readonly Refusals _refusals = new(options.PollInterval, time);
    private readonly long _warmMemory = options.WarmMemory > 0 ? options.WarmMemory : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
    private ReleaseLoad? _load;
    private StateDocument? _desired;
    private string _source = "cache";
    private Rejection? _documentRefused;
    private Rejection? _notWritten;
    private string? _writtenHash;
    private DesiredState? _written;
    private DesiredState? _previous;
    private volatile string? _knownHash;

    /// <summary>Content hash of the newest state taken, served or not; null: a document was refused, or there is none. Thread-safe.</summary>
    public string? KnownHash => _knownHash;

    /// <summary>Hands a document over, by whatever way it came. Never blocks. Thread-safe.</summary>
    /// <param name="source"><c>push</c>, <c>poll</c> or <c>file</c>.</param>
    public void Offer(ReadOnlyMemory<byte> utf8, string source) => _arrivals.Writer.TryWrite(new Arrival(utf8, source));

    /// <summary>Tries quarantined releases again. Thread-safe.</summary>
    public void Forgive() => _arrivals.Writer.TryWrite(new Arrival(null, ""));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        loader.SweepDownloads();
        await RestoreAsync(stoppingToken);
        status.Restored(store.IsLost);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var arrival = await NextAsync(stoppingToken);
                if (arrival is not null)
                    Take(arrival);
                await SettleAsync();
                Converge(stoppingToken);
                ledger.Prove(_loaded.Values.Where(release => time.GetUtcNow() - release.Since >= options.ProvenAfter).Select(release => release.Id));
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogRoundFailed(failure);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_load is not null)
            await ((Task)_load.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // An orderly end is no crash.
        ledger.Clear();
    }

    /// <summary>Ends when a document arrived, the load under way ended, or a moment has passed.</summary>
    private async Task<Arrival?> NextAsync(CancellationToken cancel)
    {
        using var soon = new CancellationTokenSource(_look, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(soon.Token, cancel);
        var arrived = _arrivals.Reader.WaitToReadAsync(either.Token).AsTask();
        await Task.WhenAny([arrived, .. _load is null ? Array.Empty<Task>() : [_load.Task]]);
        await soon.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        return _arrivals.Reader.TryRead(out var next) ? next : null;
    }

    /// <summary>Serves what was served before the restart, before anyone was reached.</summary>
    private async Task RestoreAsync(CancellationToken cancel)
    {
        var generations = store.Read();
        foreach (var document in generations)
        {
            try
            {
                foreach (var id in WantedOf(document).Routed)
                {
                    if (!_loaded.ContainsKey(id))
                        _loaded[id] = await loader.LoadAsync(id, document.State, Pinned(document.State), cancel);
                }

                _desired = document;
                (_written, _writtenHash) = (document.State, document.ContentHash);
                _previous = generations.FirstOrDefault(other => other != document)?.State;
                Publish(document, WantedOf(document), store.WrittenAt(document));
                return;
            }
            catch (ReleaseRefusedException refused)
            {
                _documentRefused ??= new Rejection(document.State.Revision, refused.Reason, refused.Message, refused.Release);
                LogRefused(document.State.Revision, refused.Reason, refused.Message);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogRoundFailed(failure);
            }
        }
    }

    private void Take(Arrival arrival)
    {
        if (arrival.Utf8 is not { } utf8)
        {
            ledger.Forgive();
            _refusals.Clear();
            foreach (var release in _loaded.Values)
                release.Model.Forgive();
            return;
        }

        var document = StateDocument.Verify(utf8, out var defect);
        if (document is null)
        {
            RefuseDocument(new Rejection(StateDocument.RevisionClaimedBy(utf8), RejectionReasons.MalformedState, defect!));
            return;
        }

        var isKnown = _desired is not null && document.State.TimelineId == _desired.State.TimelineId && document.State.Revision <= _desired.State.Revision;
        var answer = isKnown ? PolicyAnswer.Leave : VersionPolicy.Decide(document, table.Current.TimelineId, table.Current.Revision);
        if (answer.Rejection is not null)
            RefuseDocument(answer.Rejection);
        else if (document.ContentHash == _desired?.ContentHash)
            _documentRefused = null;
        if (!answer.IsTaken)
            return;

        _desired = document;
        foreach (var gone in _sizes.Keys.Where(id => !document.State.Releases.ContainsKey(id)).ToList())
            _sizes.Remove(gone);
        _source = arrival.Source;
        _documentRefused = null;
        _refusals.Clear();
    }

    private void RefuseDocument(Rejection rejection)
    {
        if (_documentRefused != rejection)
            LogRefused(rejection.Revision, rejection.Reason, rejection.Detail);
        _documentRefused = rejection;
    }

    /// <summary>Takes the outcome of a load that has ended.</summary>
    private async Task SettleAsync()
    {
        if (_load is not { Task.IsCompleted: true } ended)
            return;

        _load = null;
        status.LoadingEnded(ended.Release);
        using (ended)
        {
            try
            {
                var loaded = _loaded[ended.Release] = await ended.Task;
                // Remembered also when it is put away, or it would be loaded again at once because of its smaller files.
                _sizes[ended.Release] = loaded.MemoryBytes;
                _refusals.Forget(ended.Release);
            }
            catch (OperationCanceledException)
            {
                // A newer state needs something else first.
            }
            catch (Exception failure)
            {
                var refused = failure as ReleaseRefusedException ?? new ReleaseRefusedException(ended.Release, RejectionReasons.LoadFailed, failure.Message);
                _refusals.Add(refused);
                LogRefused(_desired!.State.Revision, refused.Reason, refused.Message);
            }
        }
    }

    private void Converge(CancellationToken cancel)
    {
        if (_desired is { } document)
        {
            var wanted = WantedOf(document);
            LetGo(id => !wanted.All.Contains(id) && !table.Current.Releases.ContainsKey(id));
            while (Step(document, wanted, cancel))
            {
            }

            if (_notWritten is not null && table.Current.ContentHash == document.ContentHash)
                WriteDown(document);
            status.Refuse(_documentRefused ?? _refusals.FirstOf([.. wanted.Routed, .. wanted.Warm], document.State.Revision) ?? LostOf(document, wanted) ?? _notWritten ?? TooLarge(document, wanted));
        }
        else
        {
            status.Refuse(_documentRefused);
        }

        _knownHash = _documentRefused is null ? _desired?.ContentHash : null;
    }

    /// <returns>Whether there may be another step to make at once.</returns>
    private bool Step(StateDocument document, Wanted wanted, CancellationToken cancel)
    {
        var served = table.Current;
        var next = VersionPolicy.Next(wanted, new Holding(
            _loaded.Keys.ToHashSet(StringComparer.Ordinal), _load?.Release, _refusals.Standing, served.ContentHash, served.Releases.Keys.ToHashSet(StringComparer.Ordinal)));
        if (next == NextStep.Publish)
        {
            WriteDown(document);
            Publish(document, wanted);
            return true;
        }

        if (next == NextStep.StopLoading)
            _load!.Stop();
        else if (next.Release is { } release)
            Begin(release, document.State, cancel);
        return false;
    }

    private void Begin(string release, DesiredState state, CancellationToken cancel)
    {
        var pinned = Pinned(state);
        status.Loading(release, state.Releases[release]);
        _load = new ReleaseLoad(release, stop => loader.LoadAsync(release, state, pinned, stop), cancel);
    }

    /// <summary>
    /// What is served is on disk before it is acknowledged, but for one case: a disk that takes no more must not stand in the way of a release that is
    /// in memory already, which may be the way back. Then it is tried again with every look.
    /// </summary>
    private void WriteDown(StateDocument document)
    {
        if (document.ContentHash == _writtenHash)
            return;
        try
        {
            store.Write(document, _writtenHash);
            (_previous, _written, _writtenHash) = (_written, document.State, document.ContentHash);
            _notWritten = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var rejection = new Rejection(document.State.Revision, RejectionReasons.StateNotWritten,
                $"Revision {document.State.Revision} is served, but could not be written down: {failure.Message} A restart before it is would serve the revision before it until the control plane is reached. Make room on the node's disk.");
            if (_notWritten != rejection)
                LogRefused(rejection.Revision, rejection.Reason, rejection.Detail);
            _notWritten = rejection;
        }
    }

    /// <param name="at">When it was first served here; null: now.</param>
    private void Publish(StateDocument document, Wanted wanted, DateTimeOffset? at = null)
    {
        var before = table.Current.Revision;
        var kept = _loaded.Where(pair => wanted.All.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        var snapshot = builder.Build(document, controlPlane.Pool, kept);
        if (before != snapshot.Revision)
            status.Applying(_source, at);
        FailPoint.Hit("node.switch.before");
        table.Publish(snapshot);
        FailPoint.Hit("node.switch.after");
        LetGo(id => !kept.ContainsKey(id));
        status.Applied();
        if (before != snapshot.Revision)
            LogApplied(snapshot.Revision, _source, snapshot.Endpoints.Count, kept.Count);
    }

    /// <summary>Requests that read the table before the swap hold references of their own.</summary>
    private void LetGo(Func<string, bool> isGone)
    {
        foreach (var id in _loaded.Keys.Where(isGone).ToList())
        {
            _loaded[id].Retire();
            _loaded.Remove(id);
        }
    }

    private Wanted WantedOf(StateDocument document) => Wanted.Of(document, controlPlane.Pool, _warmMemory, _sizes.GetValueOrDefault);

    /// <summary>A release whose own process crashed too often stays in the table, so that requests for it go to the stable arm, until a state does without it.</summary>
    private Rejection? LostOf(StateDocument document, Wanted wanted) => _loaded.Values
        .Where(release => wanted.All.Contains(release.Id) && release.Model.Lost is not null)
        .Select(release => new Rejection(document.State.Revision, RejectionReasons.CrashLoop, release.Model.Lost!, release.Id))
        .FirstOrDefault();

    private Rejection? TooLarge(StateDocument document, Wanted wanted) => wanted.TooLarge.Count == 0 ? null : new Rejection(
        document.State.Revision, RejectionReasons.InsufficientMemory, $"Releases without traffic may take {_warmMemory} bytes (Node__WarmMemory); there is no room for {string.Join(", ", wanted.TooLarge)}.", wanted.TooLarge[0]);

    /// <summary>Artifacts that a download may not push off the disk: of the new state, of what both generations on disk serve, and of what is in memory now.</summary>
    private HashSet<string> Pinned(DesiredState state) =>
        [.. state.Artifacts.Keys, .. ServedBy(_written), .. ServedBy(_previous), .. _loaded.Values.Select(release => release.State.Artifact)];

    private static IEnumerable<string> ServedBy(DesiredState? state) =>
        state is null ? [] : state.Endpoints.SelectMany(endpoint => endpoint.Arms).Select(arm => state.Releases[arm.Release].Artifact);

    /// <param name="Utf8">A document; null: what is quarantined is to be tried again.</param>
    private sealed record Arrival(ReadOnlyMemory<byte>? Utf8, string Source);

    [LoggerMessage(LogLevel.Information, "Serving revision {Revision} ({Source}): {Endpoints} endpoints, {Releases} releases in memory")]
    private partial void LogApplied(long revision, string source, int endpoints, int releases);

    [LoggerMessage(LogLevel.Warning, "Revision {Revision} was not taken whole ({Reason}): {Detail}. Serving goes on")]
    private partial void LogRefused(long revision, string reason, string detail);

    [LoggerMessage(LogLevel.Error, "A round of the version manager failed; serving goes on")]
    private partial void LogRoundFailed(Exception failure);
}

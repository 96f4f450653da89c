using System.Threading.Channels;
using Serving.Contracts;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

/// <summary>
/// The loop that brings this node to the desired state: load what is missing, write the state down, swap the serving table, let go of what nobody needs.
/// The only writer of the serving table.
/// </summary>
internal sealed partial class VersionManager(
    ServingTable table, SnapshotBuilder builder, ReleaseLoader loader, StateStore store, BootLedger ledger,
    NodeStatus status, ControlPlaneClient controlPlane, NodeOptions options, TimeProvider time, ILogger<VersionManager> logger) : BackgroundService
{
    private readonly Channel<Arrival> _arrivals = Channel.CreateBounded<Arrival>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly Dictionary<string, LoadedRelease> _loaded = new(StringComparer.Ordinal);

    /// <summary>Hands a document over, by whatever way it came. Never blocks; an older one that still waits is dropped.</summary>
    /// <param name="source"><c>push</c>, <c>poll</c> or <c>file</c>.</param>
    public void Offer(ReadOnlyMemory<byte> utf8, string source) => _arrivals.Writer.TryWrite(new Arrival(utf8, source, false));

    /// <summary>Tries quarantined releases again, with the document applied or refused last.</summary>
    public void Forgive() => _arrivals.Writer.TryWrite(new Arrival(default, "poll", true));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await RestoreAsync(stoppingToken);
        status.Restored(store.IsLost);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var arrival = await NextAsync(stoppingToken);
                if (arrival is not null)
                    await TakeAsync(arrival, stoppingToken);
                ClearProven();
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
        // An orderly end is no crash.
        ledger.Clear(_loaded.Keys);
    }

    private async Task<Arrival?> NextAsync(CancellationToken cancel)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(soon.Token, cancel);
        try
        {
            return await _arrivals.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Serves what was served before the restart, before anyone was reached.</summary>
    private async Task RestoreAsync(CancellationToken cancel)
    {
        foreach (var document in store.Read())
        {
            try
            {
                await ApplyAsync(document, "cache", isRestore: true, cancel);
                return;
            }
            catch (ReleaseRefusedException refused)
            {
                status.Refuse(new Rejection(document.State.Revision, refused.Reason, refused.Message, refused.Release));
                LogRefused(document.State.Revision, refused.Reason, refused.Message);
            }
        }
    }

    private async Task TakeAsync(Arrival arrival, CancellationToken cancel)
    {
        if (arrival.Forgive)
        {
            ledger.Forgive();
            status.Refuse(null);
            return;
        }

        var document = StateDocument.Verify(arrival.Utf8, out var defect);
        if (document is null)
        {
            status.Refuse(new Rejection(0, RejectionReasons.MalformedState, defect!));
            LogRefused(0, RejectionReasons.MalformedState, defect!);
            return;
        }

        var answer = VersionPolicy.Decide(document, table.Current.TimelineId, table.Current.Revision);
        if (!answer.IsTaken)
        {
            if (answer.Rejection is not null)
                status.Refuse(answer.Rejection);
            return;
        }

        try
        {
            await ApplyAsync(document, arrival.Source, isRestore: false, cancel);
        }
        catch (ReleaseRefusedException refused)
        {
            status.Refuse(new Rejection(document.State.Revision, refused.Reason, refused.Message, refused.Release));
            LogRefused(document.State.Revision, refused.Reason, refused.Message);
        }
    }

    private async Task ApplyAsync(StateDocument document, string source, bool isRestore, CancellationToken cancel)
    {
        var state = document.State;
        var routed = VersionPolicy.Routed(state, controlPlane.Pool);
        var warm = VersionPolicy.Warm(state, routed);
        var pinned = Pinned(state);
        // What is routed comes first: a restarted node answers before the ways back are in memory again.
        foreach (var id in routed)
            await EnsureLoadedAsync(id, state, pinned, cancel);

        Rejection? warmRefused = null;
        if (!isRestore)
            warmRefused = await LoadWarmAsync(warm, state, pinned, cancel);
        Publish(document, source, [.. routed, .. warm], write: !isRestore);
        if (isRestore)
        {
            warmRefused = await LoadWarmAsync(warm, state, pinned, cancel);
            Publish(document, source, [.. routed, .. warm], write: false);
        }

        status.Refuse(warmRefused);
    }

    /// <summary>A release without traffic that cannot be loaded is reported; it holds nothing else up.</summary>
    private async Task<Rejection?> LoadWarmAsync(IReadOnlyList<string> warm, DesiredState state, HashSet<string> pinned, CancellationToken cancel)
    {
        Rejection? first = null;
        foreach (var id in warm)
        {
            try
            {
                await EnsureLoadedAsync(id, state, pinned, cancel);
            }
            catch (ReleaseRefusedException refused)
            {
                first ??= new Rejection(state.Revision, refused.Reason, refused.Message, refused.Release);
                LogRefused(state.Revision, refused.Reason, refused.Message);
            }
        }

        return first;
    }

    private async Task EnsureLoadedAsync(string id, DesiredState state, HashSet<string> pinned, CancellationToken cancel)
    {
        if (_loaded.ContainsKey(id))
            return;
        status.Loading(id, state.Releases[id]);
        try
        {
            _loaded[id] = await loader.LoadAsync(id, state, pinned, cancel);
        }
        finally
        {
            status.LoadingEnded(id);
        }
    }

    private void Publish(StateDocument document, string source, IReadOnlyCollection<string> wanted, bool write)
    {
        var kept = _loaded.Where(pair => wanted.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        var snapshot = builder.Build(document, controlPlane.Pool, kept);
        if (write)
            store.Write(document);

        FailPoint.Hit("node.switch.before");
        table.Publish(snapshot);
        FailPoint.Hit("node.switch.after");
        foreach (var gone in _loaded.Keys.Where(id => !kept.ContainsKey(id)).ToList())
        {
            // Requests that read the table before the swap hold references of their own.
            _loaded[gone].Retire();
            _loaded.Remove(gone);
        }

        status.Applied(source, time.GetUtcNow());
        LogApplied(snapshot.Revision, source, snapshot.Endpoints.Count, kept.Count);
    }

    /// <summary>Artifacts that a download may not push off the disk: of the new state, and of what is in memory now.</summary>
    private HashSet<string> Pinned(DesiredState state) =>
        [.. state.Artifacts.Keys, .. _loaded.Values.Select(release => release.State.Artifact)];

    private void ClearProven() =>
        ledger.Clear(_loaded.Values.Where(release => time.GetUtcNow() - release.Since >= options.ProvenAfter).Select(release => release.Id));

    private sealed record Arrival(ReadOnlyMemory<byte> Utf8, string Source, bool Forgive);

    [LoggerMessage(LogLevel.Information, "Serving revision {Revision} ({Source}): {Endpoints} endpoints, {Releases} releases in memory")]
    private partial void LogApplied(long revision, string source, int endpoints, int releases);

    [LoggerMessage(LogLevel.Warning, "Revision {Revision} was not taken ({Reason}): {Detail}. Serving goes on with what was served before")]
    private partial void LogRefused(long revision, string reason, string detail);

    [LoggerMessage(LogLevel.Error, "A round of the version manager failed; serving goes on")]
    private partial void LogRoundFailed(Exception failure);
}

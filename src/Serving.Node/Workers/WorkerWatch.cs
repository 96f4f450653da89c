using System.Net.Sockets;
using Serving.Node.Predict;

namespace Serving.Node.Workers;

/// <summary>
/// Sees to it that a release has a worker: one that crashed is started again, later after every failure; one that hangs or holds too much memory is replaced,
/// the new one first. Thread-safe but for <see cref="RunAsync"/>, which is called once.
/// </summary>
/// <param name="crashed">Told of every crash; true: this was one too many.</param>
internal sealed partial class WorkerWatch(WorkerStarter starter, WorkerOrder order, WorkerProcess first, Func<bool> crashed, TimeProvider time, ILogger logger)
{
    private const int MostDoublings = 7;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _warmUpWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _drainWithin = TimeSpan.FromSeconds(60);

    private volatile WorkerProcess? _current = first;
    private volatile string? _lost;
    private int _failures;

    public WorkerProcess? Current => _current;

    /// <summary>Why no worker is started any more; null: one is.</summary>
    public string? Lost => _lost;

    public WorkerCounts Counts { get; } = new();

    /// <summary>Starts workers again after all.</summary>
    public void Forgive() => _lost = null;

    /// <summary>Until <paramref name="cancel"/>; the worker ends then.</summary>
    public async Task RunAsync(ServedModel model, CancellationToken cancel)
    {
        var retiring = Task.CompletedTask;
        try
        {
            while (true)
            {
                if (_current is { } worker)
                    retiring = Task.WhenAll(retiring, await LookAfterAsync(worker, model, cancel));
                else
                    await ReviveAsync(model, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            _current?.Dispose();
        }

        await retiring;
    }

    private async Task ReviveAsync(ServedModel model, CancellationToken cancel)
    {
        await Task.Delay(_lost is null ? _firstPause * (1 << Math.Min(_failures, MostDoublings)) : _look, time, cancel);
        if (_lost is null)
            _current = await TryStartAsync(model, cancel);
    }

    /// <returns>The end of a worker that was replaced.</returns>
    private async Task<Task> LookAfterAsync(WorkerProcess worker, ServedModel model, CancellationToken cancel)
    {
        await Task.WhenAny(worker.Exited, worker.Hung, Task.Delay(_look, time, cancel));
        if (worker.IsGone)
        {
            Crashed(worker.End);
            _current = null;
            worker.Dispose();
            return Task.CompletedTask;
        }

        cancel.ThrowIfCancellationRequested();

        if (worker.Hung.IsCompleted)
        {
            Counts.Hangs++;
            Crashed("a run did not end when its time was over");
            // Others that run in it go on until the new one is there.
            _current = _lost is null ? await TryStartAsync(model, cancel) : null;
            return RetireAsync(worker);
        }

        if (worker.ResidentBytes() is var bytes && bytes <= order.MemoryLimit || await TryStartAsync(model, cancel) is not { } next)
            return Task.CompletedTask;
        _current = next;
        Counts.Recycled++;
        LogRecycled(order.Release, bytes >> 20, order.MemoryLimit >> 20);
        return RetireAsync(worker);
    }

    private void Crashed(string how)
    {
        Counts.Crashes++;
        _failures++;
        LogCrashed(order.Release, how);
        if (crashed())
            _lost = $"The process of this release crashed three times in ten minutes, at last: {how}. It is quarantined on this node; the node itself is not affected.";
    }

    /// <returns>A worker that is warm; null: it did not come to that.</returns>
    private async Task<WorkerProcess?> TryStartAsync(ServedModel model, CancellationToken cancel)
    {
        try
        {
            var worker = await starter.StartAsync(order, cancel);
            await WarmUpAsync(worker, model, cancel);
            Counts.Restarts++;
            return worker;
        }
        catch (WorkerDiedException died)
        {
            Crashed(died.Message);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            _failures++;
            LogNotStarted(order.Release, failed.Message);
        }

        return null;
    }

    /// <summary>Pays for lazy initialisation before the first caller does; what goes wrong with zeros counts for nothing.</summary>
    private async Task WarmUpAsync(WorkerProcess worker, ServedModel model, CancellationToken cancel)
    {
        using var call = new ModelCall(model);
        if (!SyntheticInput.Fill(call))
            return;
        using var connection = new WorkerConnection(worker, number: 0, model.Outputs.Length);
        var run = Task.Run(() => connection.Run(call, new Frame()), cancel);
        await Task.WhenAny(run, Task.Delay(_warmUpWithin, time, cancel));
        connection.Leave();
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RetireAsync(WorkerProcess worker)
    {
        worker.Drain();
        var began = time.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), time);
        while (worker is { Runs: > 0, IsGone: false } && time.GetElapsedTime(began) < _drainWithin)
            await timer.WaitForNextTickAsync();
        worker.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "The process of release {Release} crashed: {How}")]
    private partial void LogCrashed(string release, string how);

    [LoggerMessage(LogLevel.Error, "No process could be started for release {Release}: {Reason}")]
    private partial void LogNotStarted(string release, string reason);

    [LoggerMessage(LogLevel.Warning, "The process of release {Release} held {Megabytes} MiB, more than its limit of {Limit} MiB, and was replaced")]
    private partial void LogRecycled(string release, long megabytes, long limit);
}

namespace Serving.Node.Versions;

/// <summary>
/// Runs that take long keep their threads from everyone else: for each of them the thread pool is allowed one more at once, where by itself it would add
/// one every half second. The pool is as small as ever while no run is long, which is when it is fastest.
/// </summary>
internal sealed class LongRuns(ServingTable table, TimeProvider time) : BackgroundService
{
    private const int Most = 256;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        // Not on the pool, whose threads may all be taken just then.
        Task.Factory.StartNew(() => Watch(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Watch(CancellationToken stop)
    {
        ThreadPool.GetMinThreads(out var least, out var ports);
        var allowed = least;
        while (!stop.WaitHandle.WaitOne(_look))
        {
            var wanted = Math.Min(least + Count(time.GetTimestamp() - (long)(_look.TotalSeconds * time.TimestampFrequency)), Most);
            if (wanted != allowed && ThreadPool.SetMinThreads(wanted, ports))
                allowed = wanted;
        }
    }

    private int Count(long before)
    {
        var count = 0;
        foreach (var release in table.Current.Releases.Values)
            count += release.Runner.RunningSince(before);
        return count;
    }
}

namespace Serving.Node.Versions;

/// <summary>One load under way. Files that were fetched stay when it is stopped; the next load goes on from there.</summary>
internal sealed class ReleaseLoad : IDisposable
{
    private readonly CancellationTokenSource _stop;

    public ReleaseLoad(string release, Func<CancellationToken, Task<LoadedRelease>> load, CancellationToken cancel)
    {
        Release = release;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task = System.Threading.Tasks.Task.Run(() => load(_stop.Token), CancellationToken.None);
    }

    public string Release { get; }

    /// <summary>Ends by <see cref="ReleaseRefusedException"/> when the release cannot be taken into memory.</summary>
    public Task<LoadedRelease> Task { get; }

    public void Stop() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();
}

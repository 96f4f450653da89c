using Serving.Contracts.State;
using Serving.Node.Predict;

namespace Serving.Node.Versions;

/// <summary>
/// A release in memory. Whoever uses the model holds a reference meanwhile; the model is disposed of when the last one is given back
/// after <see cref="Retire"/>. Thread-safe.
/// </summary>
internal sealed class LoadedRelease(string id, ReleaseState state, OnnxModel model, TimeProvider time) : IDisposable
{
    // The owner's own reference is the first.
    private int _references = 1;
    private int _retired;

    public string Id => id;

    public ReleaseState State => state;

    public OnnxModel Model => model;

    public ModelRunner Runner { get; } = new(time, parallelRuns: Math.Max(2, Environment.ProcessorCount));

    public DateTimeOffset Since { get; } = time.GetUtcNow();

    public bool IsDisposed => Volatile.Read(ref _references) == 0;

    /// <returns>False: the release is gone; read the serving table again.</returns>
    public bool TryAcquire()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
                return true;
            seen = before;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;

        Runner.Dispose();
        model.Dispose();
    }

    /// <summary>Gives the owner's reference back. Safe to call twice.</summary>
    public void Retire()
    {
        if (Interlocked.Exchange(ref _retired, 1) == 0)
            Release();
    }

    void IDisposable.Dispose() => Retire();
}

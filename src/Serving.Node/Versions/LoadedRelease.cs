using Serving.Contracts.State;
using Serving.Node.Predict;

namespace Serving.Node.Versions;

/// <summary>
/// A release in memory. Whoever uses the model holds a reference meanwhile; the model is disposed of when the last one is given back
/// after <see cref="Retire"/>. Thread-safe.
/// </summary>
internal sealed class LoadedRelease : IRunHold, IDisposable
{
    private readonly ServedModel _model;

    // The owner's own reference is the first.
    private int _references = 1;
    private int _retired;

    public LoadedRelease(string id, ReleaseState state, ServedModel model, BatchPlan plan, TimeProvider time)
    {
        (Id, State, _model, Since) = (id, state, model, time.GetUtcNow());
        Runner = new ModelRunner(model, plan, time, plan.ParallelRuns(Environment.ProcessorCount, time.TimestampFrequency), hold: this);
    }

    public string Id { get; }

    public ReleaseState State { get; }

    public ServedModel Model => _model;

    public ModelRunner Runner { get; }

    public DateTimeOffset Since { get; }

    /// <summary>Memory that it took when it was loaded, bytes; 0: not known.</summary>
    public long MemoryBytes { get; init; }

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
        _model.Dispose();
    }

    /// <summary>Gives the owner's reference back. Safe to call twice.</summary>
    public void Retire()
    {
        if (Interlocked.Exchange(ref _retired, 1) == 0)
            Release();
    }

    void IDisposable.Dispose() => Retire();
}

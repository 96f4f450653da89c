using System.Text;
using Serving.Contracts.Models;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Workers;

/// <summary>A model that runs in a process of its own. Thread-safe.</summary>
internal sealed class WorkerModel : ServedModel
{
    private readonly WorkerWatch _watch;
    private readonly CancellationTokenSource _stop = new();
    private int _connections;

    /// <param name="first">Has loaded its model.</param>
    public WorkerModel(WorkerWatch watch, WorkerHello first)
        : base(first.Signature!, [.. first.Signature!.Inputs.Select(Input)], [.. first.Defaults.Select(Input)], first.TakesBatches)
    {
        _watch = watch;
        _ = _watch.RunAsync(this, _stop.Token);
    }

    public WorkerCounts Counts => _watch.Counts;

    /// <summary>Pid of the worker; 0: there is none now.</summary>
    public int WorkerId => _watch.Current?.Id ?? 0;

    public override long MemoryBytes => _watch.Current?.ResidentBytes() ?? 0;

    public override string? Lost => _watch.Lost;

    public override RunPlace NewPlace() => new WorkerPlace(this);

    public override void Forgive() => _watch.Forgive();

    /// <summary>A number that no other connection has.</summary>
    public int NextConnection() => Interlocked.Increment(ref _connections);

    /// <summary>The worker of now, counted as running until <see cref="WorkerProcess.Leave"/>.</summary>
    /// <exception cref="UnavailableException">There is none.</exception>
    public WorkerProcess Enter()
    {
        while (_watch.Current is { } worker)
        {
            if (worker.TryEnter())
                return worker;
            // One that drains has a successor already.
            if (ReferenceEquals(worker, _watch.Current))
                break;
        }

        throw new UnavailableException(_watch.Lost ?? "The process that runs this release is being started again.", wasRunning: false);
    }

    protected override void Close() => _stop.Cancel();

    private static TensorInput Input(TensorSpec spec) =>
        new(spec.Name, Datatype.Parse(Encoding.UTF8.GetBytes(spec.Type)) ?? throw new NotSupportedException($"Input {spec.Name} is of type {spec.Type}."), [.. spec.Shape ?? []]);
}

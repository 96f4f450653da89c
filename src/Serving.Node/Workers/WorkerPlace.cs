using System.Net.Sockets;
using Serving.Node.Predict;

namespace Serving.Node.Workers;

/// <summary>Runs of a model in whichever worker it has at the time.</summary>
internal sealed class WorkerPlace(WorkerModel model) : RunPlace
{
    private readonly Frame _frame = new();
    private volatile WorkerConnection? _connection;

    public override void Run(ModelCall call)
    {
        var worker = model.Enter();
        var hasBegun = false;
        try
        {
            var connection = To(worker);
            hasBegun = true;
            connection.Run(call, _frame);
        }
        catch (Exception gone) when (gone is SocketException or InvalidDataException or ObjectDisposedException)
        {
            Disconnect();
            // Whoever sends nonsense does so again.
            if (gone is InvalidDataException)
                worker.Kill();
            throw new UnavailableException("The process that runs this release ended.", hasBegun);
        }
        finally
        {
            worker.Leave();
        }
    }

    public override void End() => _connection?.EndRun();

    public override void Renew()
    {
        // Each run has a number of its own: the next one is not meant.
    }

    public override bool TryLeave()
    {
        if (_connection is not { } connection)
            return true;
        connection.Worker.DoesNotEnd();
        connection.Leave();
        return true;
    }

    public override void Dispose() => Disconnect();

    private WorkerConnection To(WorkerProcess worker)
    {
        if (_connection is { } known && ReferenceEquals(known.Worker, worker))
            return known;
        Disconnect();
        return _connection = new WorkerConnection(worker, model.NextConnection(), model.Outputs.Length);
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }
}

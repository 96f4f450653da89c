using System.Buffers.Binary;
using System.Net.Sockets;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Workers;

/// <summary>One connection to one worker, for one run at a time, on the caller's thread. <see cref="EndRun"/> and <see cref="Leave"/> may be called on another.</summary>
internal sealed class WorkerConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly int _number;
    private readonly ClassLabels?[] _labels;
    private volatile int _run;

    /// <param name="number">Unique among the connections of this worker.</param>
    /// <exception cref="SocketException">The worker has gone.</exception>
    public WorkerConnection(WorkerProcess worker, int number, int outputs)
    {
        (Worker, _number, _labels) = (worker, number, new ClassLabels?[outputs]);
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(worker.Socket));
            Span<byte> name = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(name, number);
            _socket.Send(name);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public WorkerProcess Worker { get; }

    /// <exception cref="RunFailedException">The run failed, or was ended.</exception>
    /// <exception cref="NotSupportedException">An output has no form on the wire, or is too large for one.</exception>
    /// <exception cref="SocketException">The worker has gone, or <see cref="Leave"/> was called.</exception>
    /// <exception cref="InvalidDataException">What it answered is no answer.</exception>
    public void Run(ModelCall call, Frame frame)
    {
        frame.Begin(Frame.Run);
        frame.WriteInputs(call);
        _run++;
        frame.Send(_socket);
        if (!frame.Receive(_socket))
            throw new SocketException((int)SocketError.ConnectionReset);
        switch (frame.Kind)
        {
            case Frame.Answered:
                for (var i = 0; i < _labels.Length; i++)
                    frame.Read(call.Outputs[i], ref _labels[i]);
                break;
            case Frame.Failed:
                throw new RunFailedException(frame.ReadText());
            case Frame.NotSupported:
                throw new NotSupportedException(frame.ReadText());
            default:
                throw new InvalidDataException($"A message of kind {frame.Kind}.");
        }
    }

    public void EndRun() => Worker.EndRun(_number, _run);

    /// <summary>Whoever waits in <see cref="Run"/> comes free; the worker goes on with it alone.</summary>
    public void Leave()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    public void Dispose() => _socket.Dispose();
}

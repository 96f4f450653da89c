using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.ML.OnnxRuntime;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Workers;

/// <summary>One connection of a node, in the worker: reads the inputs of a run, runs, writes its outputs, on one thread of its own.</summary>
internal sealed class WorkerLane(Socket socket, OnnxModel model, ConcurrentDictionary<int, WorkerLane> lanes)
{
    private readonly Lock _sync = new();
    private readonly Frame _frame = new();
    private RunOptions _options = new();
    private int _running;
    private int _toEnd;

    public void Serve()
    {
        var number = 0;
        try
        {
            number = ReadNumber();
            lanes[number] = this;
            var call = new ModelCall(model);
            var labels = new ClassLabels?[call.Outputs.Length];
            for (var run = 1; _frame.Receive(socket); run++)
            {
                Answer(call, labels, run);
                _frame.Send(socket);
                call.Reset();
            }

            call.Dispose();
        }
        catch (Exception gone) when (gone is SocketException or InvalidDataException or ObjectDisposedException)
        {
            // The node has given this connection up.
        }
        finally
        {
            lanes.TryRemove(number, out _);
            socket.Dispose();
        }
    }

    /// <param name="run">Counted from 1 on each connection; one that is over is left alone, one that has not begun ends as soon as it does.</param>
    public void End(int run)
    {
        lock (_sync)
        {
            _toEnd = run;
            _options.Terminate = _running == run;
        }
    }

    private void Answer(ModelCall call, ClassLabels?[] labels, int run)
    {
        try
        {
            _frame.ReadInputs(call);
            Begin(run);
            model.Run(call, _options);
            _frame.Begin(Frame.Answered);
            for (var i = 0; i < labels.Length; i++)
                _frame.Write(call.Outputs[i], ref labels[i]);
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or OutOfMemoryException)
        {
            _frame.Begin(Frame.Failed);
            _frame.Write(failed.Message);
        }
        catch (NotSupportedException unfit)
        {
            _frame.Begin(Frame.NotSupported);
            _frame.Write(unfit.Message);
        }

        Finish();
    }

    private void Begin(int run)
    {
        lock (_sync)
        {
            _running = run;
            _options.Terminate = _toEnd == run;
        }
    }

    private void Finish()
    {
        lock (_sync)
        {
            _running = 0;
            if (!_options.Terminate)
                return;
            _options.Dispose();
            _options = new RunOptions();
        }
    }

    private int ReadNumber()
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        for (var have = 0; have < number.Length;)
        {
            var read = socket.Receive(number[have..]);
            if (read == 0)
                throw new InvalidDataException("A connection without a number.");
            have += read;
        }

        return BinaryPrimitives.ReadInt32LittleEndian(number);
    }
}

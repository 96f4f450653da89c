using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts;
using Serving.Contracts.State;
using Serving.Contracts.Models;
using Serving.Node.Predict;

namespace Serving.Node.Workers;

/// <summary>
/// <c>Serving.Node worker SOCKET MODEL THREADS RELEASE</c>: loads one model, says so on its standard output by one line of JSON, and runs it for whoever
/// connects, one thread a connection. Its standard input carries the numbers of runs to be ended; when that closes, the node is gone and this process ends.
/// </summary>
internal static class WorkerCommand
{
    public const string Verb = "worker";

    /// <summary>On standard input: number of a connection, number of its run; both 32 bits.</summary>
    public const int EndBytes = 8;

    private const int Backlog = 64;

    public static int Run(string socket, string path, string threads, string release)
    {
        FailPoint.Hit($"worker.load.{release}");
        OnnxModel model;
        try
        {
            model = OnnxModel.Load(path, new RuntimeConfiguration(int.Parse(threads, CultureInfo.InvariantCulture)), release);
        }
        catch (Exception refused) when (refused is OnnxRuntimeException or NotSupportedException or OutOfMemoryException)
        {
            Say(new WorkerHello(null, [], false, refused.Message));
            return 0;
        }

        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        listener.Listen(Backlog);
        var lanes = new ConcurrentDictionary<int, WorkerLane>();
        new Thread(() => Accept(listener, model, lanes)) { IsBackground = true, Name = "accept" }.Start();
        Say(new WorkerHello(model.Signature, [.. model.AllInputs[model.Inputs.Length..].Select(input => new TensorSpec(input.Name, input.Datatype, input.Shape))], model.TakesBatches, null));
        ObeyUntilClosed(lanes);
        // At once: a run under way need not end first.
        Process.GetCurrentProcess().Kill();
        return 0;
    }

    private static void Accept(Socket listener, OnnxModel model, ConcurrentDictionary<int, WorkerLane> lanes)
    {
        while (true)
        {
            var lane = new WorkerLane(listener.Accept(), model, lanes);
            new Thread(lane.Serve) { IsBackground = true, Name = "lane" }.Start();
        }
    }

    private static void ObeyUntilClosed(ConcurrentDictionary<int, WorkerLane> lanes)
    {
        using var input = Console.OpenStandardInput();
        Span<byte> message = stackalloc byte[EndBytes];
        while (input.ReadAtLeast(message, EndBytes, throwOnEndOfStream: false) == EndBytes)
        {
            if (lanes.TryGetValue(BinaryPrimitives.ReadInt32LittleEndian(message), out var lane))
                lane.End(BinaryPrimitives.ReadInt32LittleEndian(message[4..]));
        }
    }

    private static void Say(WorkerHello hello)
    {
        var output = Console.OpenStandardOutput();
        JsonSerializer.Serialize(output, hello, WorkerJson.Default.WorkerHello);
        output.Write("\n"u8);
        output.Flush();
    }
}

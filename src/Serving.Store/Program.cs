using System.Runtime.InteropServices;
using Garnet;
using Serving.Store;

var (options, wrong) = StoreOptions.Parse(args);
if (options is null)
{
    await Console.Error.WriteLineAsync($"{wrong}\n{StoreOptions.Usage}");
    return 2;
}

Directory.CreateDirectory(options.DataDirectory);
var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

// Disposing writes out what the log still holds in memory.
using var server = new GarnetServer(options.ToGarnet());
server.Start();
await Console.Out.WriteLineAsync($"Store ready on 127.0.0.1:{options.Port}");
await stop.Task;
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}

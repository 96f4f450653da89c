using System.Globalization;
using Serving.Node.Hosting;
using Serving.Node.Inspect;

namespace Serving.Node.Workers;

/// <summary>Starts the processes in which releases with <c>isolation: process</c> run. Thread-safe.</summary>
/// <param name="program">Null: this program itself.</param>
internal sealed class WorkerStarter(NodePaths paths, NodeOptions options, Sandbox sandbox, TimeProvider time, ILogger<WorkerModel> logger, string? program = null)
{
    /// <summary>The runtime, stacks, and one run on top of the limit; beyond that an allocation fails.</summary>
    private const long HeadRoom = 1L << 30;

    /// <summary>Longest path of a Unix domain socket.</summary>
    private const int LongestPath = 100;

    private readonly Lazy<string> _sockets = new(() => FolderFor(paths));
    private int _count;

    /// <param name="crashed">Told of every crash; true: this was one too many, and the release is not started again.</param>
    /// <exception cref="ModelRefusedException">The runtime refuses the model.</exception>
    /// <exception cref="WorkerDiedException">The process ended before it had loaded it.</exception>
    public async Task<WorkerModel> ServeAsync(WorkerOrder order, Func<bool> crashed, CancellationToken cancel)
    {
        var first = await StartAsync(order, cancel);
        return new WorkerModel(new WorkerWatch(this, order, first, crashed, time, logger), first.Hello);
    }

    /// <inheritdoc cref="ServeAsync"/>
    public async Task<WorkerProcess> StartAsync(WorkerOrder order, CancellationToken cancel)
    {
        var socket = Path.Combine(_sockets.Value, Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture));
        var temporary = Directory.CreateTempSubdirectory("worker-").FullName;
        var start = ChildCommand.Build(
            program ?? ChildCommand.Self(), [WorkerCommand.Verb, socket, order.Model, order.Threads.ToString(CultureInfo.InvariantCulture), order.Release],
            temporary, new ChildLimits(order.MemoryLimit + HeadRoom, CpuSeconds: 0, Nice: 0), await sandbox.CanUnshareAsync());
        return await WorkerProcess.StartAsync(start, socket, options.ProbeTimeout, time, cancel);
    }

    /// <summary>Of this user only, in the cache directory where its path is short enough. What a node before this one left behind goes.</summary>
    private static string FolderFor(NodePaths paths)
    {
        var folder = paths.Workers;
        if (folder.Length + 10 > LongestPath)
            return Directory.CreateTempSubdirectory("workers-").FullName;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }
}

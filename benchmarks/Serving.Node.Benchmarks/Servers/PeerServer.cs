using Serving.Node.Benchmarks.Load;
using Testing;
using Testing.Processes;

namespace Serving.Node.Benchmarks.Servers;

/// <summary>A server to compare with, in a process of its own.</summary>
internal sealed class PeerServer : IAsyncDisposable
{
    private static readonly TimeSpan _startsWithin = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;

    private PeerServer(ChildProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public int Pid => _process.Id;

    public static Task<PeerServer> EmptyAsync() => DotNetAsync(port => ["empty", $"{port}"], "/");

    public static Task<PeerServer> MinimalApiAsync() => DotNetAsync(port => ["minimal", $"{port}", ServedModels.TreesFile], "/predict");

    public static Task<PeerServer> EnginePoolAsync() => DotNetAsync(port => ["mlnet", $"{port}", ServedModels.TreesFile], "/predict");

    /// <param name="checkPath">Where <paramref name="target"/> answers a GET with 200.</param>
    public static async Task<PeerServer> BareYarpAsync(int target, string checkPath)
    {
        var port = FreePort.Take();
        var process = ChildProcess.Start(Program, ["yarp", $"{port}", $"http://127.0.0.1:{target}"]);
        return await ReadyAsync(process, port, client => client.GetAsync($"http://127.0.0.1:{port}{checkPath}"));
    }

    public static async Task<PeerServer> FastifyAsync(int processes)
    {
        var port = FreePort.Take();
        var folder = Path.Combine(Repository.Root, "benchmarks", "peers", "fastify");
        var process = ChildProcess.Start("node", [Path.Combine(folder, "server.js"), ServedModels.TreesFile, $"{port}", $"{processes}"], workingDirectory: folder);
        return await ReadyAsync(process, port, client => client.PostAsync($"http://127.0.0.1:{port}/predict", Example()));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Program => Path.Combine(Repository.Root, "benchmarks", "peers", "Serving.Peers", "bin", "Release", "net10.0", "Serving.Peers");

    private static async Task<PeerServer> DotNetAsync(Func<int, string[]> arguments, string path)
    {
        var port = FreePort.Take(2);
        return await ReadyAsync(ChildProcess.Start(Program, arguments(port)), port, client => client.PostAsync($"http://127.0.0.1:{port}{path}", Example()));
    }

    private static StringContent Example() => new(ServedModels.NativeBody, System.Text.Encoding.UTF8, "application/json");

    private static async Task<PeerServer> ReadyAsync(ChildProcess process, int port, Func<HttpClient, Task<HttpResponseMessage>> ask)
    {
        using var client = new HttpClient();
        await Eventually.TrueAsync(
            async () => process.HasExited ? throw new InvalidOperationException(process.Output) : (await ask(client)).IsSuccessStatusCode, _startsWithin, "peer ready");
        return new PeerServer(process, port);
    }
}

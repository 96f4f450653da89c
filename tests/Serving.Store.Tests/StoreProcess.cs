using StackExchange.Redis;
using Testing;
using Testing.Processes;

namespace Serving.Store.Tests;

/// <summary>A store on a free port with a folder of its own.</summary>
internal sealed class StoreProcess : IAsyncDisposable
{
    public const string Password = "correct horse battery staple";

    private readonly string _folder = Directory.CreateTempSubdirectory("store-").FullName;
    private readonly int _port = FreePort.Take();
    private ChildProcess? _process;

    public ChildProcess Process => _process!;

    public async Task<ConnectionMultiplexer> StartAsync(bool withPassword = false)
    {
        var passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, Password + "\n");
        string[] arguments = ["--port", $"{_port}", "--data", Path.Combine(_folder, "data")];
        _process = ChildProcess.Start(Repository.Program("Serving.Store"), withPassword ? [.. arguments, "--password-file", passwordFile] : arguments);
        await Eventually.TrueAsync(() => _process.HasExited || _process.Output.Contains("Store ready", StringComparison.Ordinal), TimeSpan.FromSeconds(30), "store starts");
        Assert.False(_process.HasExited, _process.Output);
        return await ConnectAsync(withPassword ? Password : null);
    }

    public Task<ConnectionMultiplexer> ConnectAsync(string? password) => ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions
    {
        EndPoints = { { "127.0.0.1", _port } },
        Password = password,
        AbortOnConnectFail = true,
        ConnectTimeout = 10_000,
    });

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

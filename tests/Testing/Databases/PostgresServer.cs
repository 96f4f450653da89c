using System.Diagnostics;
using Testing.Processes;

namespace Testing.Databases;

/// <summary>A real PostgreSQL server in a temporary folder on a free port, from the Debian packages. Nothing of it outlives the tests.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Account = "postgres";
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;
    private readonly string _folder;

    private PostgresServer(ChildProcess process, string folder, int port)
    {
        (_process, _folder, Port) = (process, folder, port);
    }

    public int Port { get; }

    /// <exception cref="InvalidOperationException">There is no PostgreSQL on this machine, or it did not start.</exception>
    public static async Task<PostgresServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("postgres-test-").FullName;
        // The server refuses to run as root, so that its folder must belong to the account it runs under.
        if (Environment.IsPrivilegedProcess)
            await RunAsync("/bin/chown", [Account, folder]);
        var data = Path.Combine(folder, "data");
        await RunAsync(Program("initdb"), ["--pgdata", data, "--username", Account, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);

        var port = FreePort.Take();
        string[] fast = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];
        string[] command = [Program("postgres"), "-D", data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200", .. fast];
        var (program, arguments) = AsAccount(command);
        var process = ChildProcess.Start(program, arguments, workingDirectory: folder);
        var server = new PostgresServer(process, folder, port);
        await Eventually.TrueAsync(() => process.HasExited || process.Output.Contains("ready to accept connections", StringComparison.Ordinal), _longest, "PostgreSQL starts");
        return process.HasExited ? throw new InvalidOperationException($"PostgreSQL ended: {process.Output}") : server;
    }

    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Username={Account};Database={database};Include Error Detail=true";

    public async ValueTask DisposeAsync()
    {
        await RunAsync(Program("pg_ctl"), ["stop", "--pgdata", Path.Combine(_folder, "data"), "--mode", "immediate", "--silent"]);
        await _process.WaitForExitAsync(_longest);
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Program(string name)
    {
        const string installed = "/usr/lib/postgresql";
        var newest = Directory.Exists(installed) ? Directory.GetDirectories(installed).OrderBy(folder => int.Parse(Path.GetFileName(folder))).LastOrDefault() : null;
        return newest is null
            ? throw new InvalidOperationException("These tests need PostgreSQL: apt-get install postgresql (./test does it).")
            : Path.Combine(newest, "bin", name);
    }

    private static (string Program, string[] Arguments) AsAccount(string[] command) => Environment.IsPrivilegedProcess && command[0] != "/bin/chown"
        ? ("/usr/bin/setpriv", ["--reuid", Account, "--regid", Account, "--init-groups", .. command])
        : (command[0], command[1..]);

    private static async Task RunAsync(string program, string[] arguments)
    {
        var (start, rest) = AsAccount([program, .. arguments]);
        using var process = Process.Start(new ProcessStartInfo(start, rest) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await output}{errors}");
    }
}

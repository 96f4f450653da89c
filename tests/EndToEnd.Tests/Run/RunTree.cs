using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Testing;
using Testing.Processes;

namespace EndToEnd.Tests.Run;

/// <summary>
/// A copy of ./run with a control plane made of a few lines of shell, so that what the script does can be seen without what it starts.
/// The health of that control plane is answered by the test.
/// </summary>
internal sealed class RunTree : IAsyncDisposable
{
    private static readonly string[] _programs = ["ControlPlane.Web", "ControlPlane.Cli", "ControlPlane.Demo", "Serving.Node", "Serving.Gateway", "Serving.Store"];

    private readonly WebApplication _health;
    private readonly List<ChildProcess> _started = [];

    private RunTree(WebApplication health, int port) => (_health, Port) = (health, port);

    public string Root { get; } = Directory.CreateTempSubdirectory("run-").FullName;

    public int Port { get; }

    public string Data => Path.Combine(Root, "data");

    public string Record => Path.Combine(Data, "run", "control-plane.json");

    public static async Task<RunTree> MakeAsync(string controlPlane)
    {
        var port = FreePort.Take();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var health = builder.Build();
        health.MapGet("/healthz/ready", () => Results.Ok());
        await health.StartAsync();

        var tree = new RunTree(health, port);
        tree.Copy("run", "global.json", "Directory.Build.props", "Directory.Packages.props", "nuget.config", "BannedSymbols.txt", ".editorconfig");
        Directory.CreateDirectory(Path.Combine(tree.Root, "migrations"));
        tree.Copy([.. Directory.GetFiles(Path.Combine(Repository.Root, "scripts")).Select(path => Path.GetRelativePath(Repository.Root, path))]);
        foreach (var program in _programs)
        {
            Directory.CreateDirectory(tree.Bin(program));
            await File.WriteAllTextAsync(Path.Combine(tree.Bin(program), program + ".dll"), "");
        }

        await tree.WriteProgramAsync("ControlPlane.Web", controlPlane);
        Directory.CreateDirectory(Path.Combine(tree.Root, "artifacts"));
        await File.WriteAllTextAsync(Path.Combine(tree.Root, "artifacts", "release.built"), "");
        return tree;
    }

    public async Task WriteProgramAsync(string program, string script)
    {
        var path = Path.Combine(Bin(program), program);
        await File.WriteAllTextAsync(path, "#!/usr/bin/env bash\n" + script);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public ChildProcess Start(params string[] arguments)
    {
        var process = ChildProcess.Start(Path.Combine(Root, "run"), [.. arguments, "--port", $"{Port}"]);
        _started.Add(process);
        return process;
    }

    /// <summary>As a script does that goes on meanwhile: its shell has it ignore interrupts. Says <c>started PID</c> first.</summary>
    public ChildProcess StartInBackground()
    {
        var process = ChildProcess.Start("/bin/bash", ["-c", $"'{Root}/run' --port {Port} & echo started $!.; wait $!"]);
        _started.Add(process);
        return process;
    }

    public Task<string> SaysAsync(ChildProcess process, string text) => Eventually.GetAsync(
        () => Task.FromResult(process.Output), output => output.Contains(text, StringComparison.Ordinal), TimeSpan.FromSeconds(30), $"./run says {text}; it said {process.Output}");

    public async Task<int> RecordedPidAsync() =>
        System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Record)).RootElement.GetProperty("pid").GetInt32();

    public static bool IsAlive(int pid) => File.Exists($"/proc/{pid}/stat") && File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0] != 'Z';

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
            await process.DisposeAsync();
        foreach (var left in Process.GetProcesses().Where(process => IsOurs(process.Id)))
            left.Kill();
        await _health.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Whatever a failed test left behind carries this folder in its environment.</summary>
    private bool IsOurs(int pid)
    {
        try
        {
            return pid != Environment.ProcessId && File.ReadAllText($"/proc/{pid}/environ").Contains($"Data__Directory={Data}\0", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string Bin(string program) => Path.Combine(Root, "src", program, "bin", "Release", "net10.0");

    private void Copy(params string[] files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, file))!);
            File.Copy(Path.Combine(Repository.Root, file), Path.Combine(Root, file));
        }
    }
}

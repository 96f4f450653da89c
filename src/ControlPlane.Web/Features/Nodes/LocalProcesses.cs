using System.Diagnostics;
using System.Net.Sockets;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>
/// Starts and watches store, nodes and gateway as processes of their own, in sessions of their own: they outlive this process, and the next one
/// takes them over as they are. One that ends unasked is started again, later each time.
/// </summary>
internal sealed partial class LocalProcesses(
    IOptions<LocalOptions> options, IOptions<DataOptions> data, IServer server, JoinCommands joins, DatabaseGate gate, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<LocalProcesses> logger) : BackgroundService
{
    private const long LongestLog = 64L << 20;

    // The addresses and secrets of this process are none of its children's business; settings of nodes and gateways pass through.
    private static readonly string[] _ownSettings = ["ASPNETCORE_", "Bootstrap__", "Database__", "Data__", "Artifacts__", "Local__", "PublicUrl", "FAILPOINTS"];

    private static readonly TimeSpan _look = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, (int Deaths, long StartedAt, long NotBefore)> _history = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<LocalProcess>? _plan;

    /// <summary>Null until this process listens.</summary>
    public IReadOnlyList<LocalProcess>? Plan => _plan;

    public bool IsConfigured => options.Value.Nodes.Length > 0 || options.Value.Gateway || options.Value.Store;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsConfigured)
            return;
        await gate.WaitAsync(stoppingToken);
        await ListeningAsync(stoppingToken);
        _plan = LocalPlan.Of(options.Value, data.Value, OwnAddress());
        var table = new ProcessTable(data.Value.Path("run"));
        using var timer = new PeriodicTimer(_look, time);
        do
        {
            foreach (var process in _plan)
            {
                try
                {
                    await WatchAsync(table, process, stoppingToken);
                    BoundedLog.Keep(LogOf(process), LongestLog);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    LogNotStarted(process.Name, failure);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task WatchAsync(ProcessTable table, LocalProcess process, CancellationToken cancel)
    {
        var known = _history.TryGetValue(process.Name, out var history);
        if (table.Running(process.Name) is { } running)
        {
            if (!known)
                LogAdopted(process.Name, running.Pid);
            if (!known || (history.Deaths > 0 && time.GetElapsedTime(history.StartedAt) > _settled))
                _history[process.Name] = (0, known ? history.StartedAt : time.GetTimestamp(), 0);
            return;
        }

        if (known && history.NotBefore == 0)
        {
            var wait = TimeSpan.FromSeconds(Math.Min(_longestWait.TotalSeconds, Math.Pow(2, history.Deaths) - 1));
            _history[process.Name] = history = (history.Deaths + 1, history.StartedAt, time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency) + 1);
            LogEnded(process.Name, wait);
        }

        if (known && time.GetTimestamp() < history.NotBefore)
            return;
        table.Write(process.Name, await StartAsync(process, cancel), process.Port);
        _history[process.Name] = (history.Deaths, time.GetTimestamp(), 0);
    }

    private async Task<int> StartAsync(LocalProcess process, CancellationToken cancel)
    {
        var log = LogOf(process);
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);

        // The shell opens the log and becomes the program, so that nothing of this process is left in the child.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec setsid \"$@\" >>\"$0\" 2>&1 </dev/null", log, process.Program, .. process.Arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = data.Value.Path(),
        };
        foreach (var name in start.Environment.Keys.Where(name => Array.Exists(_ownSettings, own => name.StartsWith(own, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in process.Environment)
            start.Environment[name] = value;
        if (process.JoinVariable is not null)
            start.Environment[process.JoinVariable] = await JoinTokenAsync(process, cancel);

        using var started = Process.Start(start)!;
        LogStarted(process.Name, started.Id);
        return started.Id;
    }

    private string LogOf(LocalProcess process) => data.Value.Path("logs", $"{process.Name}.log");

    private async Task<string> JoinTokenAsync(LocalProcess process, CancellationToken cancel)
    {
        var made = await joins.MakeTokenAsync(process.JoinEnvironment!, process.JoinPool, 20, Domain.Nodes.JoinToken.LongestLife, Actor.Automatic, cancel);
        return made.TryGet(out var token, out var refusal) ? token.Token : throw new InvalidOperationException(refusal.Message);
    }

    private async Task ListeningAsync(CancellationToken cancel)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(listening.SetResult);
        await listening.Task.WaitAsync(cancel);
    }

    private string OwnAddress()
    {
        var bound = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1:5080";
        return bound.Replace("://*", "://127.0.0.1", StringComparison.Ordinal).Replace("://+", "://127.0.0.1", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal).Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal).TrimEnd('/');
    }

    [LoggerMessage(LogLevel.Information, "Started {Name} as process {Pid}")]
    private partial void LogStarted(string name, int pid);

    [LoggerMessage(LogLevel.Information, "Took over {Name}, process {Pid}")]
    private partial void LogAdopted(string name, int pid);

    [LoggerMessage(LogLevel.Warning, "{Name} has ended unasked; it is started again in {Wait}")]
    private partial void LogEnded(string name, TimeSpan wait);

    [LoggerMessage(LogLevel.Error, "{Name} could not be started; it is tried again")]
    private partial void LogNotStarted(string name, Exception failure);
}

/// <summary>Ready once everything this control plane has to start answers too.</summary>
internal sealed class LocalReadiness(LocalProcesses processes) : IReadinessCheck
{
    private static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };

    public string Name => "local processes";

    public async ValueTask<string?> WhyNotAsync(CancellationToken cancel)
    {
        if (!processes.IsConfigured)
            return null;
        if (processes.Plan is not { } plan)
            return "Local processes were not started yet.";
        var silent = await Task.WhenAll(plan.Select(async process => await AnswersAsync(process, cancel) ? null : process.Name));
        return silent.OfType<string>().ToList() is { Count: > 0 } names ? $"Not answering yet: {string.Join(", ", names)}." : null;
    }

    private static async Task<bool> AnswersAsync(LocalProcess process, CancellationToken cancel)
    {
        try
        {
            if (process.HealthUrl is not null)
            {
                using var answer = await _http.GetAsync(process.HealthUrl, cancel);
                return answer.IsSuccessStatusCode;
            }

            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", process.Port, cancel);
            return true;
        }
        catch (Exception silent) when (silent is HttpRequestException or SocketException || silent is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}

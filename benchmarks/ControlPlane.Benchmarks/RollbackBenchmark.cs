using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Testing;
using Testing.Fleet;
using Testing.Models;
using Testing.Processes;

namespace ControlPlane.Benchmarks;

/// <summary>One endpoint with two releases, served by many simulated nodes, going back and forth between them.</summary>
internal sealed class RollbackBenchmark : IAsyncDisposable
{
    private const string Token = "benchmark-0123456789-0123456789-0123456789";
    private const string Endpoint = "/api/v1/environments/production/endpoints/bench";

    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(5);

    private readonly string _data;
    private readonly ChildProcess _process;
    private readonly Uri _url;
    private readonly HttpClient _person;
    private readonly HttpClient _http = new();
    private readonly List<SimulatedNode> _nodes = [];
    private readonly CancellationTokenSource _over = new();
    private Task _heartbeats = Task.CompletedTask;

    private RollbackBenchmark()
    {
        _data = Directory.CreateTempSubdirectory("control-plane-bench-").FullName;
        _url = new Uri($"http://127.0.0.1:{FreePort.Take()}");
        _process = ChildProcess.Start(Repository.Program("ControlPlane.Web"), [], new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = _url.ToString(), ["Data__Directory"] = _data, ["Bootstrap__ApiToken"] = Token,
        });
        _person = new HttpClient { BaseAddress = _url, Timeout = _longest };
        _person.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public static async Task<RollbackBenchmark> StartAsync(int nodes)
    {
        var bench = new RollbackBenchmark();
        await Eventually.TrueAsync(async () => (await bench._person.GetAsync("/healthz/ready", bench._over.Token)).IsSuccessStatusCode, _longest, "control plane ready");
        await bench.ReleasesAsync();
        await bench.JoinAsync(nodes);
        await bench.DeployAsync("1");
        await bench.DeployAsync("2");
        return bench;
    }

    public async Task RunAsync(int rollbacks)
    {
        var answered = new List<double>();
        for (var i = 0; i < rollbacks; i++)
        {
            var clicked = Stopwatch.GetTimestamp();
            var answer = await PostAsync($"{Endpoint}/rollback?wait=30s", new { });
            answered.Add(Stopwatch.GetElapsedTime(clicked).TotalMilliseconds);
            var acknowledged = answer.GetProperty("acknowledged").GetArrayLength();
            if (acknowledged != _nodes.Count)
                throw new InvalidOperationException($"Only {acknowledged} of {_nodes.Count} nodes acknowledged.");
            await CompletedAsync(answer.GetProperty("rollout").GetProperty("id").GetString()!);
        }

        answered.Sort();
        Console.WriteLine($"{_nodes.Count} nodes, {rollbacks} rollbacks, {Environment.ProcessorCount} cores shared by control plane and nodes");
        Console.WriteLine($"click to last acknowledgement known to the control plane: p50 {At(answered, 0.5):0} ms, p99 {At(answered, 0.99):0} ms, longest {answered[^1]:0} ms");
        Console.WriteLine($"p99 as a share of the 1 s promised: {At(answered, 0.99) / 1000:0.00}");
        Console.WriteLine($"control plane: {_process.ResidentBytes() >> 20} MiB resident");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _heartbeats;
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await _process.DisposeAsync();
        Directory.Delete(_data, recursive: true);
        _person.Dispose();
        _http.Dispose();
        _over.Dispose();
    }

    private async Task ReleasesAsync()
    {
        await PostAsync("/api/v1/models", new { name = "bench" });
        for (var version = 1; version <= 2; version++)
        {
            using var model = new ByteArrayContent(TinyModel.Add(version));
            model.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            (await _person.PostAsync("/api/v1/models/bench/versions", model, _over.Token)).EnsureSuccessStatusCode();
            await Eventually.TrueAsync(async () => (await _person.GetStringAsync($"/api/v1/models/bench/versions/{version}?wait=60s", _over.Token)).Contains("\"Ready\"", StringComparison.Ordinal), _longest, "version ready");
        }

        await PostAsync("/api/v1/environments/production/endpoints", new { name = "bench" });
    }

    private async Task JoinAsync(int nodes)
    {
        var token = (await PostAsync("/api/v1/nodes/join-tokens", new { environment = "production", uses = nodes })).GetProperty("token").GetString()!;
        for (var i = 0; i < nodes; i++)
        {
            var node = await SimulatedNode.JoinAsync(_http, _url, token, $"bench-{i}");
            _nodes.Add(node);
            await node.ConnectAsync();
        }

        _heartbeats = BeatAsync(_over.Token);
    }

    /// <summary>A report of every node every five seconds, spread out, as real ones do.</summary>
    private async Task BeatAsync(CancellationToken cancel)
    {
        const int Slices = 50;
        using var timer = new PeriodicTimer(_heartbeat / Slices);
        try
        {
            for (var slice = 0; await timer.WaitForNextTickAsync(cancel); slice = (slice + 1) % Slices)
                await Task.WhenAll(_nodes.Where((_, index) => index % Slices == slice).Select(node => node.ReportAsync()));
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private async Task DeployAsync(string version)
    {
        var answer = await PostAsync($"{Endpoint}/deploy?wait=60s", new { model = "bench", version });
        await CompletedAsync(answer.GetProperty("rollout").GetProperty("id").GetString()!);
    }

    private Task CompletedAsync(string rollout) => Eventually.TrueAsync(
        async () => (await _person.GetFromJsonAsync<JsonElement>($"/api/v1/rollouts/{rollout}", _over.Token)).GetProperty("state").GetString() == "Completed", _longest, $"rollout {rollout} completed");

    private async Task<JsonElement> PostAsync(string path, object body)
    {
        using var answer = await _person.PostAsJsonAsync(path, body, _over.Token);
        var text = await answer.Content.ReadAsStringAsync(_over.Token);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{path}: {(int)answer.StatusCode} {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    private static double At(List<double> sorted, double quantile) => sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(quantile * sorted.Count) - 1)];
}

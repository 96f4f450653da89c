using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Testing;
using Testing.Fleet;
using Testing.Models;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>A pool of simulated nodes with an endpoint of its own and a model with two versions, so that tests may share a control plane.</summary>
internal sealed class SimulatedFleet : IAsyncDisposable
{
    public const string Environment = "production";

    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly ControlPlaneProcess _plane;
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _over = new();
    private readonly List<SimulatedNode> _nodes = [];
    private Task _heartbeats = Task.CompletedTask;
    private string _joinToken = "";

    private SimulatedFleet(ControlPlaneProcess plane, string name) => (_plane, Name) = (plane, name);

    /// <summary>Of model, endpoint and pool.</summary>
    public string Name { get; }

    public string Path => $"/api/v1/environments/{Environment}/endpoints/{Name}";

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>Nodes only: nothing to serve.</summary>
    public static async Task<SimulatedFleet> JoinedAsync(ControlPlaneProcess plane, string name, int nodes)
    {
        var fleet = new SimulatedFleet(plane, name);
        await fleet.AddAsync(nodes);
        return fleet;
    }

    public static async Task<SimulatedFleet> StartAsync(ControlPlaneProcess plane, string name, int nodes)
    {
        var fleet = new SimulatedFleet(plane, name);
        await plane.CreateModelAsync(name);
        for (var version = 1; version <= 2; version++)
        {
            // Content of its own for every name: the same content is the same release, which the nodes of another test may hold already.
            await plane.UploadAsync(name, TinyModel.Add(version + 10 * name.Select((letter, at) => letter * (at + 1)).Sum()));
            Assert.Equal("Ready", (await plane.ValidatedAsync(name, $"{version}")).Text("status"));
        }

        (await plane.Client.PostAsJsonAsync($"/api/v1/environments/{Environment}/endpoints", new { name, pool = name })).EnsureSuccessStatusCode();
        await fleet.AddAsync(nodes);
        return fleet;
    }

    public async Task<SimulatedNode> JoinAsync(string name)
    {
        var node = await SimulatedNode.JoinAsync(_http, new Uri(_plane.Url), _joinToken, name);
        await node.ConnectAsync();
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }

    public async Task<JsonElement> DeployAsync(string version, string wait = "?wait=20s")
    {
        using var answer = await _plane.Client.PostAsJsonAsync($"{Path}/deploy{wait}", new { model = Name, version });
        var body = await answer.JsonAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, body.ToString());
        return body;
    }

    /// <summary>Deploys and waits until it is over.</summary>
    /// <returns>The release.</returns>
    public async Task<string> ServeAsync(string version)
    {
        var started = await DeployAsync(version);
        await RolloutAsync(started.GetProperty("rollout").Text("id")!, rollout => rollout.Text("state") == "Completed");
        return started.GetProperty("release").Text("id")!;
    }

    public Task<JsonElement> RolloutAsync(string id, Func<JsonElement, bool> isRight) =>
        Eventually.GetAsync(() => _plane.Client.GetFromJsonAsync<JsonElement>($"/api/v1/rollouts/{id}"), isRight, Longest, $"rollout {id}");

    public Task<JsonElement> EndpointAsync() => _plane.Client.GetFromJsonAsync<JsonElement>(Path);

    public string? ServedBy(SimulatedNode node) => node.Applied?.Endpoints.SingleOrDefault(endpoint => endpoint.Name == Name)?.Arms.SingleOrDefault()?.Release;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _heartbeats;
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _http.Dispose();
        _over.Dispose();
    }

    private async Task AddAsync(int nodes)
    {
        using var answer = await _plane.Client.PostAsJsonAsync("/api/v1/nodes/join-tokens", new { environment = Environment, pool = Name, uses = 100 });
        _joinToken = (await answer.JsonAsync()).Text("token")!;
        for (var i = 0; i < nodes; i++)
            await JoinAsync($"{Name}-{i}");
        _heartbeats = BeatAsync();
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        try
        {
            while (await timer.WaitForNextTickAsync(_over.Token))
            {
                List<SimulatedNode> nodes;
                lock (_nodes)
                    nodes = [.. _nodes];
                foreach (var node in nodes)
                    await node.ReportAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}

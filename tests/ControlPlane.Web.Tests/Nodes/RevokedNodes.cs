using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.SignalR.Client;
using Testing;
using Testing.Load;
using Testing.Models;
using Testing.Processes;

namespace ControlPlane.Web.Tests.Nodes;

/// <summary>Real nodes that lose their credential, or get another one, while they serve.</summary>
public sealed class RevokedNodes : IAsyncLifetime
{
    private static readonly TimeSpan _promised = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(60);
    private static readonly byte[] _one = Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}""");

    private readonly string _cache = Directory.CreateTempSubdirectory("revoked-node-").FullName;
    private readonly int _port = FreePort.Take(2);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private ControlPlaneProcess _plane = null!;
    private ChildProcess? _node;

    private string Url => $"http://127.0.0.1:{_port}";

    public async ValueTask InitializeAsync()
    {
        _plane = await ControlPlaneProcess.StartAsync();
        await _plane.CreateModelAsync("adder");
        await _plane.UploadAsync("adder", TinyModel.Add(1));
        Assert.Equal("Ready", (await _plane.ValidatedAsync("adder", "1")).Text("status"));
        (await _plane.Client.PostAsJsonAsync("/api/v1/environments/production/endpoints", new { name = "adder" })).EnsureSuccessStatusCode();
        // More uses than one: the token in its configuration must not bring a revoked node back.
        using var made = await _plane.Client.PostAsJsonAsync("/api/v1/nodes/join-tokens", new { environment = "production", uses = 10 });
        _node = ChildProcess.Start(Repository.Program("Serving.Node"), [], new Dictionary<string, string?>
        {
            ["Node__Name"] = "real-1",
            ["Node__Url"] = Url,
            ["Node__Http2Url"] = $"http://127.0.0.1:{_port + 1}",
            ["Node__CacheDirectory"] = _cache,
            ["Node__ControlPlaneUrl"] = _plane.Url,
            ["Node__JoinToken"] = (await made.JsonAsync()).Text("token"),
            ["Node__PollInterval"] = "00:00:00.5",
            ["Node__ReportInterval"] = "00:00:00.5",
        });
        using var deployed = await _plane.Client.PostAsJsonAsync("/api/v1/environments/production/endpoints/adder/deploy?wait=30s", new { model = "adder", version = "1" });
        Assert.Equal(HttpStatusCode.OK, deployed.StatusCode);
        await Eventually.TrueAsync(async () => (await AskAsync()).IsSuccessStatusCode, _longest, "the node serves");
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        await _plane.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_cache, recursive: true);
    }

    [Fact]
    public async Task H61_A_revoked_node_is_cut_off_within_five_seconds_serves_on_and_says_so()
    {
        var credential = Credential();
        await using var load = OpenLoopLoad.Start(50, $"{Url}/predict/adder", _one);
        var watch = Stopwatch.StartNew();

        (await _plane.Client.PostAsync("/api/v1/nodes/real-1/revoke", null)).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(async () => (await StatusAsync())?.Contains("join token", StringComparison.Ordinal) == true, _longest, "the node says that it was revoked");
        var said = watch.Elapsed;
        using var byCredential = await AsNodeAsync(credential, "/node/v1/state");
        // Long enough for it to try its join token again and again.
        await Eventually.TrueAsync(() => watch.Elapsed > TimeSpan.FromSeconds(8), _longest, "some seconds");
        using var nodes = await _plane.Client.GetAsync("/api/v1/nodes");
        var state = (await nodes.JsonAsync()).GetProperty("items").EnumerateArray().Single(node => node.Text("name") == "real-1").Text("state");
        var history = await load.StopAsync();

        Assert.InRange(said, TimeSpan.Zero, _promised);
        Assert.Equal(HttpStatusCode.Unauthorized, byCredential.StatusCode);
        Assert.Equal("Revoked", state);
        Assert.True(history.Count > 100);
        Assert.All(history, request => Assert.True(request.Status == 200, request.Text));
    }

    [Fact]
    public async Task H61_What_one_control_plane_revokes_the_other_cuts_off_within_five_seconds()
    {
        await using var other = await ControlPlaneProcess.StartAsync(data: _plane.Data);
        await using var fleet = await SimulatedFleet.JoinedAsync(other, "elsewhere", 1);
        Assert.Equal(HubConnectionState.Connected, fleet.Nodes[0].Connection);
        var watch = Stopwatch.StartNew();

        (await _plane.Client.PostAsync("/api/v1/nodes/elsewhere-0/revoke", null)).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(() => fleet.Nodes[0].Connection == HubConnectionState.Disconnected, _longest, "the connection is ended");

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, _promised);
        Assert.Equal(HttpStatusCode.Unauthorized, await fleet.Nodes[0].PollAsync());
    }

    [Fact]
    public async Task A_node_fetches_a_new_credential_and_goes_on_serving()
    {
        var old = Credential();
        await using var load = OpenLoopLoad.Start(50, $"{Url}/predict/adder", _one);

        (await _plane.Client.PostAsync("/api/v1/nodes/real-1/rotate-credential", null)).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(() => Credential() != old, _longest, "another credential on its disk");
        await Eventually.TrueAsync(async () => (await AsNodeAsync(old, "/node/v1/state")).StatusCode == HttpStatusCode.Unauthorized, _longest, "the old one is worth nothing");
        var node = await Eventually.GetAsync(NodeAsync, seen => seen.Text("state") == "Ready" && !seen.TryGetProperty("rotationAskedAt", out _), _longest, "the node reports with the new one");
        var history = await load.StopAsync();

        Assert.False(node.TryGetProperty("secondSessionAt", out _));
        Assert.All(history, request => Assert.True(request.Status == 200, request.Text));
    }

    private string Credential() => JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(_cache, "*credential*", SearchOption.AllDirectories).Single(path => !path.EndsWith(".tmp", StringComparison.Ordinal)))).RootElement.EnumerateObject()
        .Single(member => member.Name.Equals("credential", StringComparison.OrdinalIgnoreCase)).Value.GetString()!;

    private Task<HttpResponseMessage> AskAsync() => _http.PostAsync($"{Url}/predict/adder", new ByteArrayContent(_one) { Headers = { ContentType = new("application/json") } });

    private async Task<string?> StatusAsync()
    {
        using var status = JsonDocument.Parse(await _http.GetStringAsync($"{Url}/status"));
        return status.RootElement.TryGetProperty("controlPlaneError", out var error) ? error.GetString() : null;
    }

    private async Task<JsonElement> NodeAsync()
    {
        using var nodes = await _plane.Client.GetAsync("/api/v1/nodes");
        return (await nodes.JsonAsync()).GetProperty("items").EnumerateArray().Single(node => node.Text("name") == "real-1");
    }

    private Task<HttpResponseMessage> AsNodeAsync(string credential, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _plane.Url + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        return _http.SendAsync(request);
    }
}

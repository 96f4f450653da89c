using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using EndToEnd.Tests.Kit;
using Testing;
using Testing.Load;
using Testing.Models;

namespace EndToEnd.Tests.MainJob;

/// <summary>A version that fails in production goes back by itself, a good one is promoted: real models, nodes, traffic and measurements.</summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private static readonly float[] _table = [.. Enumerable.Range(0, 8).Select(at => (float)at)];

    /// <summary>A hold, the wait for late measurements, two looks, and a slow machine.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(3);

    private Installation _installation = null!;

    public async ValueTask InitializeAsync()
    {
        _installation = await Installation.StartAsync();
        // The second passes every check of an upload, and fails on most of what callers send.
        foreach (var model in new[] { TinyModel.LookUp(_table), TinyModel.FailsAboveOne(), TinyModel.LookUp([.. _table, 8]) })
            Assert.Equal("Ready", (await _installation.UploadAsync("table", model)).GetProperty("status").GetString());
        await _installation.CreateEndpointAsync("table");
        await _installation.DeployAsync("table", "table", "1");
    }

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task F74_What_fails_goes_back_by_itself_and_what_is_good_is_promoted()
    {
        await using var load = OpenLoopLoad.Start(100, sent => ($"{_installation.Gateway}/predict/table", Encoding.UTF8.GetBytes($$$"""{"inputs":{"x":[{{{sent % 8}}}]}}""")));

        var bad = await CanaryAsync("2", """{"strategy":"canary","steps":[{"weight":"20%","hold":"10m"},{"weight":"100%"}],"gates":[{"metric":"error_rate","against":"stable","maxIncrease":"20%"}]}""");
        var wentBack = await EndedAsync(bad);
        var served = await _installation.GetAsync("environments/production/endpoints/table");
        var good = await CanaryAsync(
            "3", """{"strategy":"canary","steps":[{"weight":"30%","hold":"20s","minSamples":100},{"weight":"100%"}],"gates":[{"metric":"error_rate","max":"5%","minSamples":50},{"metric":"latency_p99","max":"2s","minSamples":50}]}""");
        var promoted = await EndedAsync(good);
        var history = await load.StopAsync();

        Assert.Equal("RolledBack", wentBack.GetProperty("state").GetString());
        var breach = wentBack.GetProperty("decisions").EnumerateArray().First(row => row.GetProperty("action").GetString() == "rollBack");
        Assert.Equal("automatic", breach.GetProperty("actor").GetString());
        Assert.Contains("error_rate", breach.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.True(breach.GetProperty("evidence").GetProperty("candidateSamples").GetInt64() > 0);
        Assert.Equal("worse", wentBack.GetProperty("gates")[0].GetProperty("verdict").GetString());
        Assert.Equal("1", Assert.Single(served.GetProperty("arms").EnumerateArray()).GetProperty("version").GetString());
        Assert.Equal("Completed", promoted.GetProperty("state").GetString());
        Assert.Equal("3", history.MaxBy(sent => sent.Number)!.Version);
        // Nobody but who met the failing candidate noticed anything.
        Assert.DoesNotContain(history, sent => sent.Status != 200 && sent.Version != "2");
        Assert.Contains(history, sent => sent.Status != 200);
    }

    private async Task<string> CanaryAsync(string version, string rollout)
    {
        using var made = await _installation.Api.PostAsJsonAsync(
            "environments/production/endpoints/table/rollouts", new { release = new { model = $"table@{version}" }, rollout = JsonSerializer.Deserialize<JsonElement>(rollout) });
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        var id = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync()).GetProperty("id").GetString()!;
        foreach (var verb in new[] { "submit", "start" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"rollouts/{id}/{verb}") { Content = JsonContent.Create(new { }) };
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
            using var answer = await _installation.Api.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        return id;
    }

    private Task<JsonElement> EndedAsync(string id) => Eventually.GetAsync(
        () => _installation.GetAsync($"rollouts/{id}"), now => now.GetProperty("state").GetString() is "Completed" or "RolledBack" or "Aborted" or "Inconclusive", _longest, "the rollout has ended");
}

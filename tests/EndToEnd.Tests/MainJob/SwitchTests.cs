using System.Text;
using System.Text.Json;
using EndToEnd.Tests.Kit;
using Testing;
using Testing.Load;
using Testing.Models;

namespace EndToEnd.Tests.MainJob;

/// <summary>The main job: serve, switch and go back under load, with real processes.</summary>
public sealed class SwitchTests(ServedInstallation served) : IClassFixture<ServedInstallation>
{
    private const int Switches = 50;
    private static readonly byte[] _body = Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}""");

    private Installation Installation => served.Installation;

    [Fact]
    public async Task F66_Fifty_switches_under_load_fail_no_request_and_every_answer_is_of_one_version()
    {
        await using var load = OpenLoopLoad.Start(500, $"{Installation.Gateway}/predict/adder", _body);
        for (var i = 0; i < Switches; i++)
            await ServeAsync(i % 2 == 0 ? "2" : "1");
        var history = await load.StopAsync();

        AssertWhole(history);
        Assert.Contains(history, sent => sent.Version == "2");
    }

    [Fact]
    public async Task F67_A_rollback_under_load_takes_no_download_and_fails_no_request()
    {
        await ServeAsync("1");
        await ServeAsync("2");
        await using var load = OpenLoopLoad.Start(500, $"{Installation.Gateway}/predict/adder", _body);
        await Eventually.TrueAsync(() => load.History.Count > 200, TimeSpan.FromSeconds(10), "load under way");

        var began = TimeProvider.System.GetTimestamp();
        var back = await Installation.RollBackAsync("adder");
        var took = TimeProvider.System.GetElapsedTime(began);
        var history = await load.StopAsync();

        Assert.Empty(back.GetProperty("pending").EnumerateArray());
        Assert.Equal(2, back.GetProperty("acknowledged").GetArrayLength());
        Assert.True(took < TimeSpan.FromSeconds(5), $"It took {took}.");
        AssertWhole(history);
        Assert.Equal("1", history.MaxBy(sent => sent.Number)!.Version);
    }

    [Fact]
    public async Task A_prediction_is_found_by_its_id_within_ten_seconds_with_what_went_in_and_came_out()
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsync($"{Installation.Gateway}/predict/adder", new StringContent("""{"inputs":{"x":[41]}}""", Encoding.UTF8, "application/json"));
        var id = Assert.Single(answer.Headers.GetValues("X-Request-Id"));
        var prediction = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("predictions")[0].GetProperty("y")[0].GetDouble();

        var found = await Eventually.GetAsync(() => Installation.GetAsync($"requests/{id}"), _ => true, TimeSpan.FromSeconds(10), "request in the log");

        Assert.Equal("production", found.GetProperty("environment").GetString());
        Assert.Equal("41", found.GetProperty("features")[0].GetProperty("value").GetRawText().Trim('[', ']'));
        Assert.Equal($"{prediction}", found.GetProperty("outputs")[0].GetProperty("y").GetRawText().Trim('[', ']'));
        Assert.Equal(Assert.Single(answer.Headers.GetValues("X-Release")), found.GetProperty("release").GetString());
    }

    [Fact]
    public async Task History_tells_what_served_at_a_time()
    {
        await ServeAsync("1");
        var then = DateTimeOffset.UtcNow;
        await ServeAsync("2");

        var history = await Installation.GetAsync($"environments/production/endpoints/adder/history?at={Uri.EscapeDataString(then.ToString("O"))}");

        Assert.Equal("1", history.GetProperty("arms")[0].GetProperty("version").GetString());
    }

    /// <summary>The tests share an endpoint: what it serves first is left to the one before.</summary>
    private async Task ServeAsync(string version)
    {
        var now = await Installation.GetAsync("environments/production/endpoints/adder");
        if (now.GetProperty("arms")[0].GetProperty("version").GetString() != version)
            await Installation.DeployAsync("adder", "adder", version);
    }

    private static void AssertWhole(IReadOnlyList<SentRequest> history)
    {
        var failed = history.Where(sent => sent.Failed).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {history.Count} failed, the first: {failed.FirstOrDefault()}");
        Assert.All(history, sent =>
        {
            // Version n adds n: the number in the answer and the header must be of the same version.
            var answer = JsonSerializer.Deserialize<JsonElement>(sent.Text);
            Assert.Equal(1 + int.Parse(sent.Version!), answer.GetProperty("predictions")[0].GetProperty("y")[0].GetDouble());
            Assert.Equal(sent.Version, answer.GetProperty("version").GetString());
            Assert.Equal(sent.Release, answer.GetProperty("release").GetString());
        });
    }
}

/// <summary>Two production nodes that serve the model <c>adder</c>: version n answers x + n.</summary>
public sealed class ServedInstallation : IAsyncLifetime
{
    private Installation? _installation;

    public Installation Installation => _installation!;

    public async ValueTask InitializeAsync()
    {
        _installation = await Installation.StartAsync();
        await _installation.UploadAsync("adder", TinyModel.Add(1));
        await _installation.UploadAsync("adder", TinyModel.Add(2));
        await _installation.CreateEndpointAsync("adder");
        await _installation.DeployAsync("adder", "adder", "1");
    }

    public async ValueTask DisposeAsync()
    {
        if (_installation is not null)
            await _installation.DisposeAsync();
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using EndToEnd.Tests.Kit;
using Testing;

namespace EndToEnd.Tests.MainJob;

/// <summary>Every model of other makers through the whole product: upload, validation, deployment, prediction; or refusal with its reason.</summary>
public sealed class RealModelTests(OneNodeInstallation running) : IClassFixture<OneNodeInstallation>
{
    private static readonly HttpClient _client = new();

    public static TheoryData<string> Good => [.. Directory.GetFiles(Path.Combine(Repository.Shared, "models", "good"), "*.onnx").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    public static TheoryData<string> Odd => [.. Directory.GetFiles(Path.Combine(Repository.Shared, "models", "odd"), "*.onnx").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    public static TheoryData<string> Bad => [.. Directory.GetFiles(Path.Combine(Repository.Shared, "models", "bad")).Select(path => Path.GetFileName(path)).Order()];

    [Theory, MemberData(nameof(Good))]
    public async Task Uploads_deploys_and_answers_what_is_expected(string name)
    {
        var model = name.ToLowerInvariant();
        var version = await running.Installation.UploadAsync(model, await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "good", name + ".onnx")));
        Assert.True(version.GetProperty("status").GetString() == "Ready", version.ToString());
        await running.Installation.CreateEndpointAsync(model);
        await running.Installation.DeployAsync(model, model, version.GetProperty("version").GetString()!, "60s");

        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "expected", name + ".json")));
        using var answer = await _client.PostAsync($"{running.Installation.Gateway}/v2/models/{model}/infer",
            new StringContent(expected.RootElement.GetProperty("request").GetRawText(), Encoding.UTF8, "application/json"));
        var got = await Installation.ReadAsync(answer);

        foreach (var output in expected.RootElement.GetProperty("response").GetProperty("outputs").EnumerateArray())
            OutputsAgree.Check(output, got.GetProperty("outputs"));
    }

    [Theory, MemberData(nameof(Odd))]
    public async Task Accepts_what_is_odd(string name)
    {
        var version = await running.Installation.UploadAsync(name.ToLowerInvariant(), await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "odd", name + ".onnx")));

        Assert.True(version.GetProperty("status").GetString() == "Ready", version.ToString());
        Assert.Equal(name is "nan_output" or "infinite_loop", version.GetProperty("checks").EnumerateArray().Any(check => check.GetProperty("outcome").GetString() == "warning"));
    }

    [Theory, MemberData(nameof(Bad))]
    public async Task Refuses_what_is_bad_with_a_remedy_and_is_unharmed(string file)
    {
        var model = "bad-" + Path.GetFileNameWithoutExtension(file).ToLowerInvariant().Replace('_', '-');
        using var made = await running.Installation.Api.PostAsync("models", new StringContent(JsonSerializer.Serialize(new { name = model }), Encoding.UTF8, "application/json"));
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "bad", file)));
        content.Headers.ContentType = new MediaTypeHeaderValue(file.EndsWith(".zip", StringComparison.Ordinal) ? "application/zip" : "application/octet-stream");
        using var answer = await running.Installation.Api.PostAsync($"models/{model}/versions", content);
        var body = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());

        if (answer.StatusCode != HttpStatusCode.UnprocessableEntity)
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            body = await running.Installation.GetAsync($"models/{model}/versions/{body.GetProperty("version").GetString()}?wait=90s");
            Assert.Equal("Rejected", body.GetProperty("status").GetString());
        }

        var failed = Assert.Single(body.GetProperty("checks").EnumerateArray(), check => check.GetProperty("outcome").GetString() == "failed");
        Assert.False(string.IsNullOrEmpty(failed.GetProperty("remedy").GetString()));
        using var alive = await _client.GetAsync($"{running.Installation.Url}/healthz/ready");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }
}

public sealed class OneNodeInstallation : IAsyncLifetime
{
    private Installation? _installation;

    public Installation Installation => _installation!;

    public async ValueTask InitializeAsync() => _installation = await Installation.StartAsync(productionNodes: 1);

    public async ValueTask DisposeAsync()
    {
        if (_installation is not null)
            await _installation.DisposeAsync();
    }
}

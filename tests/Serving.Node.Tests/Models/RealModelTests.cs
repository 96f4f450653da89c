using System.Net;
using System.Text;
using System.Text.Json;
using Serving.Node.Tests.Kit;
using Testing;

namespace Serving.Node.Tests.Models;

/// <summary>Every third-party model answers what ONNX Runtime gave for it elsewhere: float32 to 1e-5 relative, integers and strings exactly.</summary>
public sealed class RealModelTests(RealModelNode node) : IClassFixture<RealModelNode>
{
    public static TheoryData<string> Good => [.. Directory.GetFiles(Path.Combine(Repository.Shared, "models", "expected"), "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Theory, MemberData(nameof(Good))]
    public async Task Answers_what_is_expected(string model)
    {
        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "expected", model + ".json")));
        var request = expected.RootElement.GetProperty("request").GetRawText();

        using var answer = await node.Client.PostAsync($"/v2/models/{model.ToLowerInvariant()}/infer", new StringContent(request, Encoding.UTF8, "application/json"));
        var body = await answer.Content.ReadAsStringAsync();

        Assert.True(answer.StatusCode == HttpStatusCode.OK, body);
        using var got = JsonDocument.Parse(body);
        foreach (var output in expected.RootElement.GetProperty("response").GetProperty("outputs").EnumerateArray())
            OutputsAgree.Check(output, got.RootElement.GetProperty("outputs"));
        Assert.Equal("1", Assert.Single(answer.Headers.GetValues("X-Model-Version")));
        Assert.StartsWith("rel-", Assert.Single(answer.Headers.GetValues("X-Release")));
        Assert.Equal("stable", Assert.Single(answer.Headers.GetValues("X-Arm")));
    }

    [Fact]
    public async Task Gives_class_probabilities_as_a_tensor_and_as_objects()
    {
        const string Body = """{"inputs":[{"name":"float_input","datatype":"FP32","shape":[3,2],"data":[[-1,-0.26],[0.48,-0.8],[-0.06,0.68]]}]}""";
        using var tensors = await JsonAsync("/v2/models/logreg_iris/infer", Body);
        using var rows = await JsonAsync("/predict/logreg_iris", """{"rows":[{"inputs":{"float_input":[-1,-0.26]}},{"inputs":{"float_input":[0.48,-0.8]}},{"inputs":{"float_input":[-0.06,0.68]}}]}""");

        var map = tensors.RootElement.GetProperty("outputs").EnumerateArray().Single(output => output.GetProperty("name").GetString() == "probabilities");
        Assert.Equal("FP32", map.GetProperty("datatype").GetString());
        Assert.Equal("[3,3]", map.GetProperty("shape").GetRawText());
        Assert.Equal("[0,1,2]", map.GetProperty("parameters").GetProperty("classes").GetString());
        var predictions = rows.RootElement.GetProperty("predictions");
        Assert.Equal(3, predictions.GetArrayLength());
        Assert.Equal(1, predictions[0].GetProperty("label").GetInt64());
        Assert.Equal(map.GetProperty("data")[1].GetSingle(), predictions[0].GetProperty("probabilities").GetProperty("1").GetSingle());
    }

    [Fact]
    public async Task Takes_and_gives_strings()
    {
        using var answer = await JsonAsync("/predict/zipmap_string", """{"inputs":{"x":[1,2,3,4]}}""");

        var prediction = answer.RootElement.GetProperty("predictions")[0];
        Assert.Equal(JsonValueKind.String, prediction.GetProperty("label").ValueKind);
        Assert.True(prediction.GetProperty("probabilities").TryGetProperty(prediction.GetProperty("label").GetString()!, out _));
    }

    [Fact]
    public async Task Takes_odd_names_and_hostile_text()
    {
        using var metadata = JsonDocument.Parse(await node.Client.GetStringAsync("/v2/models/names_odd"));
        var input = metadata.RootElement.GetProperty("inputs")[0].GetProperty("name").GetString()!;
        using var answer = await JsonAsync("/predict/names_odd", "{\"inputs\":{" + JsonSerializer.Serialize(input) + ":[1,2,3,4]}}");
        using var hostile = await JsonAsync("/predict/xss_strings", "{\"inputs\":{" + JsonSerializer.Serialize(await FirstInputAsync("xss_strings")) + ":[1,2,3,4]}}");

        Assert.Single(answer.RootElement.GetProperty("predictions").EnumerateArray());
        Assert.Single(hostile.RootElement.GetProperty("predictions").EnumerateArray());
    }

    [Fact]
    public async Task Writes_what_is_not_finite_as_null()
    {
        using var answer = await JsonAsync("/predict/nan_output", "{\"inputs\":{" + JsonSerializer.Serialize(await FirstInputAsync("nan_output")) + ":[0,0,0,0]}}");

        Assert.Contains("null", answer.RootElement.GetProperty("predictions").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_a_model_that_never_ends_while_others_go_on()
    {
        var endless = node.Client.PostAsync("/predict/infinite_loop", Json("""{"inputs":{"x":[1,2,3,4]}}"""));
        using var other = await JsonAsync("/v2/models/logreg_iris/infer", """{"inputs":[{"name":"float_input","datatype":"FP32","shape":[3,2],"data":[1,2,3,4,5,6]}]}""");
        using var ended = await endless;

        Assert.Equal(HttpStatusCode.GatewayTimeout, ended.StatusCode);
        Assert.Contains("DeadlineExceeded", await ended.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotEmpty(other.RootElement.GetProperty("outputs").EnumerateArray());
    }

    [Fact]
    public async Task Answers_an_error_when_a_request_asks_for_an_impossible_output()
    {
        using var bomb = await node.Client.PostAsync("/v2/models/expand_bomb_at_infer/infer", Json(
            """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]},{"name":"s","datatype":"INT64","shape":[2],"data":[1000000,1000000]}]}"""));

        Assert.Equal(HttpStatusCode.InternalServerError, bomb.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await node.Client.GetAsync("/healthz/ready")).StatusCode);
    }

    private async Task<string> FirstInputAsync(string endpoint)
    {
        using var metadata = JsonDocument.Parse(await node.Client.GetStringAsync($"/v2/models/{endpoint}"));
        return metadata.RootElement.GetProperty("inputs")[0].GetProperty("name").GetString()!;
    }

    private async Task<JsonDocument> JsonAsync(string path, string body)
    {
        using var answer = await node.Client.PostAsync(path, Json(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}

/// <summary>One node that serves every good and every odd model.</summary>
public sealed class RealModelNode : IAsyncLifetime
{
    private StateFolder? _state;
    private NodeProcess? _node;

    public HttpClient Client => _node!.Client;

    public async ValueTask InitializeAsync()
    {
        _state = new StateFolder();
        foreach (var path in new[] { "good", "odd" }.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Shared, "models", folder), "*.onnx")))
            _state.Serve(Path.GetFileNameWithoutExtension(path).ToLowerInvariant(), await File.ReadAllBytesAsync(path), new Serving.Contracts.State.LimitsState(DeadlineMs: 3_000));
        _node = await NodeProcess.StartAsync(_state.Write());
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }
}

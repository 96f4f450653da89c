using System.Net;
using System.Text;
using System.Text.Json;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;

namespace Serving.Node.Tests.Models;

/// <summary>Third-party models in processes of their own answer what they answer in the node's: numbers, text, labels of classes, errors.</summary>
public sealed class IsolatedModelTests(IsolatedModelNode node) : IClassFixture<IsolatedModelNode>
{
    public static TheoryData<string> Good => RealModelTests.Good;

    [Theory, MemberData(nameof(Good))]
    public async Task Answers_what_is_expected(string model)
    {
        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "expected", model + ".json")));

        var (status, body) = await PostAsync($"/v2/models/{model.ToLowerInvariant()}/infer", expected.RootElement.GetProperty("request").GetRawText());

        Assert.True(status == HttpStatusCode.OK, body);
        using var got = JsonDocument.Parse(body);
        foreach (var output in expected.RootElement.GetProperty("response").GetProperty("outputs").EnumerateArray())
            OutputsAgree.Check(output, got.RootElement.GetProperty("outputs"));
    }

    [Theory]
    [InlineData("logreg_iris", """{"rows":[{"inputs":{"float_input":[-1,-0.26]}},{"inputs":{"float_input":[0.48,-0.8]}},{"inputs":{"float_input":[-0.06,0.68]}}]}""")]
    [InlineData("zipmap_string", """{"inputs":{"x":[1,2,3,4]}}""")]
    public async Task Labels_of_classes_come_with_every_answer(string model, string request)
    {
        var (_, inProcess) = await PostAsync($"/predict/{model}-here", request);

        for (var i = 0; i < 3; i++)
        {
            var (status, body) = await PostAsync($"/predict/{model}", request);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(PredictionsOf(inProcess), PredictionsOf(body));
        }
    }

    [Fact]
    public async Task A_run_that_never_ends_is_ended_at_its_deadline_and_its_process_goes_on()
    {
        var (ended, _) = await PostAsync("/predict/infinite_loop", """{"inputs":{"x":[1,2,3,4]}}""");
        var (again, _) = await PostAsync("/predict/infinite_loop", """{"inputs":{"x":[1,2,3,4]}}""");
        var metrics = await node.Client.GetStringAsync("/metrics");

        Assert.Equal((HttpStatusCode.GatewayTimeout, HttpStatusCode.GatewayTimeout), (ended, again));
        Assert.All(metrics.Split('\n').Where(line => line.StartsWith("serving_worker_crashes_total{", StringComparison.Ordinal)), line => Assert.EndsWith(" 0", line));
    }

    [Fact]
    public async Task An_error_of_the_model_is_an_error_here()
    {
        var (status, body) = await PostAsync("/v2/models/expand_bomb_at_infer/infer",
            """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]},{"name":"s","datatype":"INT64","shape":[2],"data":[1000000,1000000]}]}""");

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("failed on this input", body, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, string body)
    {
        using var answer = await node.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string PredictionsOf(string body)
    {
        using var answer = JsonDocument.Parse(body);
        return answer.RootElement.GetProperty("predictions").GetRawText();
    }
}

/// <summary>One node that runs each good model and a few odd ones in a process of its own.</summary>
public sealed class IsolatedModelNode : IAsyncLifetime
{
    private static readonly string[] _odd = ["zipmap_string", "infinite_loop", "expand_bomb_at_infer"];

    private StateFolder? _state;
    private NodeProcess? _node;

    public HttpClient Client => _node!.Client;

    public async ValueTask InitializeAsync()
    {
        _state = new StateFolder();
        foreach (var path in Files())
            _state.Serve(NameOf(path), await File.ReadAllBytesAsync(path), new LimitsState(DeadlineMs: 1_500), isolation: RuntimeConfiguration.Process);
        foreach (var path in Files().Where(path => NameOf(path) is "logreg_iris" or "zipmap_string"))
            _state.Serve(NameOf(path) + "-here", await File.ReadAllBytesAsync(path));
        _node = await NodeProcess.StartAsync(_state.Write());
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }

    private static IEnumerable<string> Files() => Directory.GetFiles(Path.Combine(Repository.Shared, "models", "good"), "*.onnx")
        .Concat(_odd.Select(name => Path.Combine(Repository.Shared, "models", "odd", name + ".onnx")));

    private static string NameOf(string path) => Path.GetFileNameWithoutExtension(path).ToLowerInvariant();
}

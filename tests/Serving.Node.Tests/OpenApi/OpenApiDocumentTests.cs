using System.Text;
using System.Text.Json;
using Serving.Node.Tests.Protocols;

namespace Serving.Node.Tests.OpenApi;

/// <summary>The description of the REST side: it is well formed, and the node and it name the same paths.</summary>
public sealed class OpenApiDocumentTests(ProtocolNode node) : IClassFixture<ProtocolNode>
{
    private static readonly string[] _verbs = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    /// <summary>What holds in the place of each path parameter: a thing that is there.</summary>
    private static readonly Dictionary<string, string> _there = new() { ["endpoint"] = "wide", ["model"] = "wide", ["version"] = "1", ["label"] = "stable", ["repository"] = "any" };

    /// <summary>One request of each prediction path; PredictionPaths and the tests of the protocols are the source.</summary>
    public static TheoryData<string, string> Predictions => new()
    {
        { "/predict/{endpoint}", "post" },
        { "/v2/models/{model}/infer", "post" },
        { "/v2/models/{model}/versions/{version}/infer", "post" },
        { "/v1/models/{model}:predict", "post" },
        { "/v1/models/{model}/versions/{version}:predict", "post" },
        { "/v1/models/{model}/labels/{label}:predict", "post" },
        { "/predictions/{model}", "post" },
        { "/predictions/{model}", "put" },
        { "/predictions/{model}/{version}", "post" },
        { "/predictions/{model}/{version}", "put" },
        { "/invocations", "post" },
        { "/serving-endpoints/{endpoint}/invocations", "post" },
    };

    [Theory]
    [MemberData(nameof(Predictions))]
    public async Task Every_prediction_path_is_described_and_its_example_is_a_request_that_is_understood(string path, string verb)
    {
        using var document = await ReadAsync();
        var operation = document.RootElement.GetProperty("paths").GetProperty(path).GetProperty(verb);
        var example = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example").GetRawText();

        // The examples ask the iris model of the documentation, which has four columns; its input is X there and here.
        using var request = new HttpRequestMessage(new HttpMethod(verb.ToUpperInvariant()), Filled(path, "classes")) { Content = new StringContent(example, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Endpoint", "classes");
        using var answer = await node.Client.SendAsync(request);

        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    [Fact]
    public async Task Every_path_and_verb_that_is_described_answers_something_other_than_not_found()
    {
        using var document = await ReadAsync();
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                using var request = new HttpRequestMessage(new HttpMethod(operation.Name.ToUpperInvariant()), Filled(path.Name, "wide"));
                request.Headers.Add("X-Endpoint", "wide");
                if (operation.Value.TryGetProperty("requestBody", out _))
                    request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
                using var answer = await node.Client.SendAsync(request);

                Assert.True(operation.Value.GetProperty("responses").TryGetProperty(((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture), out _) && (int)answer.StatusCode != 404,
                    $"{operation.Name} {path.Name} answers {(int)answer.StatusCode}, which is not described: {await answer.Content.ReadAsStringAsync()}");
            }
        }
    }

    [Fact]
    public async Task The_document_is_OpenAPI_3_1()
    {
        using var document = await ReadAsync();
        var root = document.RootElement;
        var operations = root.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(verb => (Path: path.Name, Verb: verb.Name, verb.Value))).ToList();

        Assert.Matches(@"^3\.1\.\d+$", root.GetProperty("openapi").GetString());
        Assert.NotEmpty(root.GetProperty("info").GetProperty("title").GetString()!);
        Assert.NotEmpty(root.GetProperty("info").GetProperty("version").GetString()!);
        Assert.All(operations, one => Assert.StartsWith("/", one.Path, StringComparison.Ordinal));
        Assert.All(operations, one => Assert.Contains(one.Verb, _verbs));
        Assert.All(operations, one => Assert.NotEmpty(one.Value.GetProperty("responses").EnumerateObject()));
        Assert.Equal(operations.Count, operations.Select(one => one.Value.GetProperty("operationId").GetString()).Distinct().Count());
        var tags = root.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()).ToList();
        Assert.All(operations, one => Assert.All(one.Value.GetProperty("tags").EnumerateArray(), tag => Assert.Contains(tag.GetString(), tags)));
        Assert.All(operations, one => Assert.Equal(ParametersIn(one.Path), PathParameters(root, one.Value)));
        Assert.All(References(root), reference => Assert.True(Resolves(root, reference), $"{reference} points at nothing."));
        Assert.All(Responses(root), response => Assert.NotEmpty(response.GetProperty("description").GetString()!));
    }

    private static string[] ParametersIn(string path) => [.. System.Text.RegularExpressions.Regex.Matches(path, @"\{(\w+)\}").Select(match => match.Groups[1].Value).Order()];

    private static string[] PathParameters(JsonElement root, JsonElement operation) => !operation.TryGetProperty("parameters", out var parameters) ? [] :
        [.. parameters.EnumerateArray().Select(one => Follow(root, one.GetProperty("$ref").GetString()!)!.Value)
            .Where(one => one.GetProperty("in").GetString() == "path" && one.GetProperty("required").GetBoolean()).Select(one => one.GetProperty("name").GetString()!).Order()];

    private static IEnumerable<JsonElement> Responses(JsonElement root) => root.GetProperty("components").GetProperty("responses").EnumerateObject().Select(one => one.Value)
        .Concat(root.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).SelectMany(verb => verb.Value.GetProperty("responses").EnumerateObject())
            .Select(one => one.Value).Where(one => !one.TryGetProperty("$ref", out _)));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static bool Resolves(JsonElement root, string reference) => Follow(root, reference) is not null;

    private static JsonElement? Follow(JsonElement root, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
            return null;
        var at = root;
        foreach (var part in reference[2..].Split('/'))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(part, out at))
                return null;
        }

        return at;
    }

    private static string Filled(string path, string endpoint) => _there.Aggregate(path, (filled, one) => filled.Replace($"{{{one.Key}}}", one.Key is "endpoint" or "model" ? endpoint : one.Value, StringComparison.Ordinal));

    private async Task<JsonDocument> ReadAsync()
    {
        using var answer = await node.Client.GetAsync("/openapi/v1.json");
        Assert.Equal((200, "application/json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
    }
}

using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Net.Client;
using Serving.Node.Protocols.OpenInference.Wire;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Protocols;

/// <summary>A node process with the models that are out of the ordinary.</summary>
public sealed class OddNode : IAsyncLifetime
{
    public const string OddInput = "a b/c:0 \"ä\" 日本";
    public const string OddOutput = "out/put 1 😀";

    private StateFolder? _state;
    private NodeProcess? _node;

    public HttpClient Client => _node!.Client;

    public string Http2Url => _node!.Http2Url;

    public async ValueTask InitializeAsync()
    {
        _state = new StateFolder()
            .Serve("scalar", TinyModel.Scalar())
            .Serve("any", TinyModel.AnyRank())
            .Serve("four", TinyModel.FixedBatch(4))
            .Serve("odd", TinyModel.Named(OddInput, OddOutput))
            .Serve("many", TinyModel.Sum(300))
            .Serve("default", TinyModel.WithDefault(5));
        foreach (var (name, onnx) in ProtocolNode.Types)
            _state.Serve("same-" + name.ToLowerInvariant(), TinyModel.Same(onnx, width: 2));
        _node = await NodeProcess.StartAsync(_state.Write());
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }
}

/// <summary>Types, shapes and names that models may have, on the protocols that carry them.</summary>
public sealed class TypesTests(OddNode node) : IClassFixture<OddNode>
{
    /// <summary>Two elements of each type, little-endian, and as JSON where they have such a form.</summary>
    public static TheoryData<string, string, string?> Elements => new()
    {
        { "BOOL", "0100", "[true,false]" },
        { "UINT8", "00FF", "[0,255]" },
        { "INT8", "807F", "[-128,127]" },
        { "UINT16", "0000FFFF", "[0,65535]" },
        { "INT16", "0080FF7F", "[-32768,32767]" },
        { "UINT32", "00000000FFFFFFFF", "[0,4294967295]" },
        { "INT32", "00000080FFFFFF7F", "[-2147483648,2147483647]" },
        { "UINT64", "0000000000000000FFFFFFFFFFFFFFFF", "[0,18446744073709551615]" },
        { "INT64", "0000000000000080FFFFFFFFFFFFFF7F", "[-9223372036854775808,9223372036854775807]" },
        { "FP16", "003C00C0", null },
        { "BF16", "803F00C0", null },
        { "FP32", "0000803F000000C0", "[1,-2]" },
        { "FP64", "000000000000F03F00000000000000C0", "[1,-2]" },
        { "BYTES", "03000000C3A461020000006262", "[\"äa\",\"bb\"]" },
    };

    [Theory]
    [MemberData(nameof(Elements))]
    public async Task Every_type_comes_back_as_it_was_sent_in_binary_form(string type, string hex, string? json)
    {
        var bytes = Convert.FromHexString(hex);
        var head = Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"x","datatype":"{{{type}}}","shape":[1,2],"parameters":{"binary_data_size":{{{bytes.Length}}}}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/models/same-{type.ToLowerInvariant()}/infer") { Content = new ByteArrayContent([.. head, .. bytes]) };
        request.Headers.Add("Inference-Header-Content-Length", head.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));

        using var answer = await node.Client.SendAsync(request);
        var body = await answer.Content.ReadAsByteArrayAsync();

        Assert.True(answer.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        Assert.Equal(hex, Convert.ToHexString(body.AsSpan(int.Parse(answer.Headers.GetValues("Inference-Header-Content-Length").Single(), System.Globalization.CultureInfo.InvariantCulture))));
        Assert.Equal(json is not null, (await PostAsync($"/v2/models/same-{type.ToLowerInvariant()}/infer", $$$"""{"inputs":[{"name":"x","datatype":"{{{type}}}","shape":[1,2],"data":{{{json ?? "[1,-2]"}}}}]}""")).Status == 200);
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public async Task Every_type_comes_back_as_it_was_sent_over_gRPC(string type, string hex, string? json)
    {
        using var channel = GrpcChannel.ForAddress(node.Http2Url);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        var request = new ModelInferRequest { ModelName = "same-" + type.ToLowerInvariant() };
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = type, Shape = { 1, 2 } });
        request.RawInputContents.Add(ByteString.CopyFrom(Convert.FromHexString(hex)));

        var answer = await client.ModelInferAsync(request);

        Assert.Equal((type, hex), (answer.Outputs[0].Datatype, Convert.ToHexString(answer.RawOutputContents[0].Span)));
        Assert.NotEqual("", json);
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public async Task What_has_a_JSON_form_comes_back_as_it_was_sent_on_every_protocol_of_JSON(string type, string hex, string? json)
    {
        var name = "same-" + type.ToLowerInvariant();
        (string Path, string Body, string Answer)[] asked =
        [
            ($"/predict/{name}", $$$"""{"inputs":{"x":{{{json ?? "[1,-2]"}}}}}""", $"\"predictions\":[{{\"y\":{json}}}]"),
            ($"/v1/models/{name}:predict", $$"""{"instances":[{{json ?? "[1,-2]"}}]}""", $"\"predictions\":[{json}]"),
            ($"/predictions/{name}", $$$"""{"x":{{{json ?? "[1,-2]"}}}}""", $"{{\"y\":{json}}}"),
            ($"/serving-endpoints/{name}/invocations", $$"""{"inputs":[{{json ?? "[1,-2]"}}]}""", $"\"predictions\":[{json}]"),
        ];

        foreach (var (path, body, expected) in asked)
        {
            var (status, text) = await PostAsync(path, body);
            Assert.Equal(json is null ? 400 : 200, status);
            if (json is not null)
                Assert.Contains(Squeezed(expected), Squeezed(text), StringComparison.Ordinal);
        }

        Assert.NotEmpty(hex);
    }

    [Theory]
    [InlineData("/predict/scalar", """{"inputs":{"x":2}}""", "\"predictions\":[{\"y\":3}]")]
    [InlineData("/v2/models/scalar/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[],"data":[2]}]}""", "\"shape\":[],\"data\":[3]")]
    [InlineData("/v1/models/scalar:predict", """{"inputs":2}""", "\"outputs\":3")]
    [InlineData("/v1/models/scalar:predict", """{"inputs":{"x":2}}""", "\"outputs\":3")]
    [InlineData("/predictions/scalar", """{"x":2}""", "{\"y\":3}")]
    [InlineData("/serving-endpoints/scalar/invocations", """{"inputs":{"x":2}}""", "\"predictions\":3")]
    public async Task A_tensor_without_a_dimension_is_a_number(string path, string body, string expected)
    {
        var (status, text) = await PostAsync(path, body);

        Assert.True(status == 200, text);
        Assert.Contains(expected, Squeezed(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/predict/any", """{"inputs":{"x":[1,2]}}""", "\"predictions\":[{\"y\":[2,4]}]")]
    [InlineData("/predict/any", """{"rows":[{"inputs":{"x":[1,2]}},{"inputs":{"x":[3,4]}}]}""", "\"predictions\":[{\"y\":[2,4]},{\"y\":[6,8]}]")]
    [InlineData("/v2/models/any/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2,1],"data":[1,2]}]}""", "\"shape\":[1,2,1],\"data\":[2,4]")]
    [InlineData("/v1/models/any:predict", """{"instances":[[1,2],[3,4]]}""", "\"predictions\":[[2,4],[6,8]]")]
    public async Task An_input_of_which_the_file_says_nothing_takes_what_the_model_takes(string path, string body, string expected)
    {
        var (status, text) = await PostAsync(path, body);

        Assert.True(status == 200, text);
        Assert.Contains(expected, Squeezed(text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_may_hold_spaces_slashes_quotes_and_any_letter()
    {
        var (input, output) = (JsonSerializer.Serialize(OddNode.OddInput), OddNode.OddOutput);

        var native = await PostAsync("/predict/odd", $"{{\"inputs\":{{{input}:[2]}}}}");
        var oip = await PostAsync("/v2/models/odd/infer", $$"""{"inputs":[{"name":{{input}},"datatype":"FP32","shape":[1,1],"data":[2]}]}""");
        var tensorFlow = await PostAsync("/v1/models/odd:predict", $"{{\"instances\":[{{{input}:[2]}}]}}");
        using var metadata = JsonDocument.Parse(await node.Client.GetStringAsync("/v2/models/odd"));

        Assert.Equal((200, 200, 200), (native.Status, oip.Status, tensorFlow.Status));
        using var predicted = JsonDocument.Parse(native.Body);
        Assert.Equal(3, predicted.RootElement.GetProperty("predictions")[0].GetProperty(output)[0].GetDouble());
        using var inferred = JsonDocument.Parse(oip.Body);
        Assert.Equal(output, inferred.RootElement.GetProperty("outputs")[0].GetProperty("name").GetString());
        Assert.Equal(OddNode.OddInput, metadata.RootElement.GetProperty("inputs")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Three_hundred_inputs_are_read_in_any_order()
    {
        var names = Enumerable.Range(0, 300).ToList();
        var native = await PostAsync("/predict/many", $"{{\"inputs\":{{{string.Join(',', names.Select(i => $"\"x{i}\":[{i}]"))}}}}}");
        var backwards = await PostAsync("/predict/many", $"{{\"inputs\":{{{string.Join(',', names.AsEnumerable().Reverse().Select(i => $"\"x{i}\":[{i}]"))}}}}}");
        var missing = await PostAsync("/predict/many", $"{{\"inputs\":{{{string.Join(',', names.Where(i => i != 150).Select(i => $"\"x{i}\":[{i}]"))}}}}}");
        var oip = await PostAsync("/v2/models/many/infer", $"{{\"inputs\":[{string.Join(',', names.Select(i => $"{{\"name\":\"x{i}\",\"datatype\":\"FP32\",\"shape\":[1,1],\"data\":[{i}]}}"))}]}}");

        Assert.Contains("\"y\":[44850]", native.Body, StringComparison.Ordinal);
        Assert.Contains("\"y\":[44850]", backwards.Body, StringComparison.Ordinal);
        Assert.Equal(400, missing.Status);
        Assert.Contains("x150", missing.Body, StringComparison.Ordinal);
        Assert.Contains("44850", oip.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/predict/default", """{"inputs":{"x":[2]}}""", """{"inputs":{"x":[2],"c":[7]}}""", "{\"y\":[#]}")]
    [InlineData("/v2/models/default/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[2]}]}""", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[2]},{"name":"c","datatype":"FP32","shape":[1],"data":[7]}]}""", "\"data\":[#]")]
    [InlineData("/v1/models/default:predict", """{"inputs":{"x":[[2]]}}""", """{"inputs":{"x":[[2]],"c":[7]}}""", "\"outputs\":[[#]]")]
    [InlineData("/predictions/default", """{"x":[2]}""", """{"x":[2],"c":[7]}""", "{\"y\":[#]}")]
    [InlineData("/serving-endpoints/default/invocations", """{"inputs":{"x":[[2]]}}""", """{"inputs":{"x":[[2]],"c":[7]}}""", "\"predictions\":[[#]]")]
    [InlineData("/serving-endpoints/default/invocations", """{"inputs":[[2]]}""", """{"inputs":{"c":[7],"x":[[2]]}}""", "\"predictions\":[[#]]")]
    public async Task An_input_with_a_default_may_be_left_out_and_given(string path, string without, string with, string expected)
    {
        foreach (var (body, sum) in ((string, string)[])[(without, "7"), (with, "9"), (with, "9"), (without, "7")])
        {
            var (status, text) = await PostAsync(path, body);

            Assert.True(status == 200, text);
            Assert.Contains(expected.Replace("#", sum, StringComparison.Ordinal), Squeezed(text), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Calls_with_and_without_a_default_of_their_own_are_never_put_together() =>
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var (status, text) = await PostAsync("/predict/default", i % 3 == 0 ? $"{{\"inputs\":{{\"x\":[{i}],\"c\":[{i % 7}]}}}}" : $"{{\"inputs\":{{\"x\":[{i}]}}}}");

            Assert.True(status == 200, text);
            Assert.Contains($"\"y\":[{i + (i % 3 == 0 ? i % 7 : 5)}]", text, StringComparison.Ordinal);
        });

    [Fact]
    public async Task An_input_with_a_default_does_not_stand_in_the_metadata_and_is_still_judged()
    {
        var wrong = await PostAsync("/predict/default", """{"inputs":{"x":[2],"c":[7,8]}}""");
        using var metadata = JsonDocument.Parse(await node.Client.GetStringAsync("/v2/models/default"));

        Assert.Equal(400, wrong.Status);
        Assert.Contains("c", wrong.Body, StringComparison.Ordinal);
        Assert.Equal("x", Assert.Single(metadata.RootElement.GetProperty("inputs").EnumerateArray()).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("/predict/four", """{"rows":[{"inputs":{"x":[1,2]}},{"inputs":{"x":[3,4]}}]}""")]
    [InlineData("/predict/four", """{"inputs":{"x":[1,2]}}""")]
    [InlineData("/v2/models/four/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[2,2],"data":[1,2,3,4]}]}""")]
    [InlineData("/v1/models/four:predict", """{"instances":[[1,2],[3,4]]}""")]
    [InlineData("/serving-endpoints/four/invocations", """{"inputs":[[1,2],[3,4]]}""")]
    [InlineData("/serving-endpoints/four/invocations", """{"dataframe_split":{"columns":["a","b"],"data":[[1,2],[3,4]]}}""")]
    [InlineData("/predictions/four", """{"x":[1,2]}""")]
    public async Task Another_number_of_rows_than_a_fixed_batch_has_is_refused_by_the_name_of_the_input_and_its_size(string path, string body)
    {
        var (status, text) = await PostAsync(path, body);

        Assert.Equal(400, status);
        Assert.Contains("x", text, StringComparison.Ordinal);
        Assert.Contains("4", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whole_batches_of_a_fixed_size_are_answered_and_never_put_together()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var rows = string.Join(',', Enumerable.Range(0, 4).Select(row => $"{{\"inputs\":{{\"x\":[{i},{row}]}}}}"));
            var (status, text) = await PostAsync("/predict/four", $"{{\"rows\":[{rows}]}}");

            Assert.True(status == 200, text);
            Assert.Contains($"\"predictions\":[{string.Join(',', Enumerable.Range(0, 4).Select(row => $"{{\"y\":[{i + 1},{row + 1}]}}"))}]", text, StringComparison.Ordinal);
        });
    }

    private async Task<(int Status, string Body)> PostAsync(string path, string body)
    {
        using var answer = await node.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Squeezed(string json) => json.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Replace(".0", "", StringComparison.Ordinal);
}

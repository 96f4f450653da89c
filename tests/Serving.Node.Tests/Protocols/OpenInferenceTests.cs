using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Serving.Node.Tests.Protocols;

/// <summary>Open Inference Protocol v2 over REST as the tables of the protocol say, against a real node.</summary>
public sealed class OpenInferenceTests(ProtocolNode node) : IClassFixture<ProtocolNode>
{
    private const string HeaderLength = "Inference-Header-Content-Length";

    public static TheoryData<string, string> JsonTypes => new()
    {
        { "FP32", "1.5,-2" }, { "FP64", "1.5,-2E-300" }, { "INT8", "-128,127" }, { "INT16", "-32768,32767" }, { "INT32", "-2147483648,2147483647" },
        { "INT64", "-9223372036854775808,9223372036854775807" }, { "UINT8", "0,255" }, { "UINT16", "0,65535" }, { "UINT32", "0,4294967295" },
        { "UINT64", "0,18446744073709551615" }, { "BOOL", "true,false" }, { "BYTES", "\"\",\"zwölf\\n\"" },
    };

    public static TheoryData<string, string> BinaryTypes => new()
    {
        { "FP32", "0000C03F000000C0" }, { "FP64", "000000000000F83F0000000000000080" }, { "FP16", "003C00C0" }, { "BF16", "803F00C0" }, { "INT8", "807F" }, { "INT16", "0080FF7F" },
        { "INT32", "00000080FFFFFF7F" }, { "INT64", "0000000000000080FFFFFFFFFFFFFF7F" }, { "UINT8", "00FF" }, { "UINT16", "0000FFFF" }, { "UINT32", "00000000FFFFFFFF" },
        { "UINT64", "0000000000000000FFFFFFFFFFFFFFFF" }, { "BOOL", "0100" }, { "BYTES", "00000000" + "03000000" + "61C3B6" },
    };

    [Theory]
    [MemberData(nameof(JsonTypes))]
    public async Task Every_type_with_a_JSON_form_comes_back_as_it_was_sent_flat_or_nested(string type, string values)
    {
        foreach (var data in (string[])[$"[{values}]", $"[[{values}]]"])
        {
            using var answer = await InferAsync($"same-{type.ToLowerInvariant()}", $$"""{"id":"7","inputs":[{"name":"x","datatype":"{{type}}","shape":[1,2],"data":{{data}}}]}""");

            Assert.Equal($$"""{"model_name":"same-{{type.ToLowerInvariant()}}","model_version":"1","id":"7","outputs":[{"name":"y","datatype":"{{type}}","shape":[1,2],"data":[{{values}}]}]}""",
                await answer.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [MemberData(nameof(BinaryTypes))]
    public async Task Every_type_comes_back_in_binary_form(string type, string hex)
    {
        var bytes = Convert.FromHexString(hex);
        using var answer = await SendAsync($"same-{type.ToLowerInvariant()}",
            $$$"""{"inputs":[{"name":"x","datatype":"{{{type}}}","shape":[1,2],"parameters":{"binary_data_size":{{{bytes.Length}}}}}],"parameters":{"binary_data_output":true}}""", bytes);

        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
        var (json, binary) = await SplitAsync(answer);
        Assert.Equal($$$"""[{"name":"y","datatype":"{{{type}}}","shape":[1,2],"parameters":{"binary_data_size":{{{bytes.Length}}}}}]""", json.GetProperty("outputs").GetRawText());
        Assert.Equal(hex, Convert.ToHexString(binary));
    }

    [Theory]
    [MemberData(nameof(BinaryTypes))]
    public async Task A_body_without_JSON_is_the_only_input_as_one_row(string type, string hex)
    {
        using var answer = await SendAsync($"same-{type.ToLowerInvariant()}", "", Convert.FromHexString(hex));

        if (type == "BYTES")
        {
            // Two elements a row: one element cannot be all of it.
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            return;
        }

        var (json, binary) = await SplitAsync(answer);
        Assert.Equal("[1,2]", json.GetProperty("outputs")[0].GetProperty("shape").GetRawText());
        Assert.Equal(hex, Convert.ToHexString(binary));
    }

    [Fact]
    public async Task JSON_and_binary_tensors_may_be_mixed_both_ways_and_an_output_goes_before_the_request()
    {
        using var answer = await SendAsync("pair", """
            {"inputs":[{"name":"a","datatype":"FP32","shape":[2,1],"data":[10,20]},{"name":"b","datatype":"FP32","shape":[2,1],"parameters":{"binary_data_size":8}}],
             "outputs":[{"name":"d","parameters":{"binary_data":false}},{"name":"s"}],"parameters":{"binary_data_output":true}}
            """, [.. Floats(1, 2)]);

        var (json, binary) = await SplitAsync(answer);
        Assert.Equal("""[{"name":"d","datatype":"FP32","shape":[2,1],"data":[9,18]},{"name":"s","datatype":"FP32","shape":[2,1],"parameters":{"binary_data_size":8}}]""", json.GetProperty("outputs").GetRawText());
        Assert.Equal(Floats(11, 22), binary);
    }

    [Theory]
    [InlineData("same-fp16", "FP16", "no JSON form")]
    [InlineData("same-bf16", "BF16", "no JSON form")]
    public async Task Half_precision_asks_for_the_binary_form(string endpoint, string type, string expected)
    {
        using var sent = await InferAsync(endpoint, $$"""{"inputs":[{"name":"x","datatype":"{{type}}","shape":[1,2],"data":[1,2]}]}""");
        using var wanted = await SendAsync(endpoint, $$$"""{"inputs":[{"name":"x","datatype":"{{{type}}}","shape":[1,2],"parameters":{"binary_data_size":4}}]}""", [0, 0, 0, 0]);

        Assert.Equal(HttpStatusCode.BadRequest, sent.StatusCode);
        Assert.Contains(expected, await ErrorAsync(sent), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, wanted.StatusCode);
        Assert.Contains("binary_data", await ErrorAsync(wanted), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", """[{"name":"y","datatype":"BYTES","shape":[2,1],"data":["4:2","10:0"]}]""")]
    [InlineData("2", """[{"name":"y","datatype":"BYTES","shape":[2,2],"data":["4:2","3:1","10:0","3:2"]}]""")]
    [InlineData("9", """[{"name":"y","datatype":"BYTES","shape":[2,3],"data":["4:2","3:1","2:0","10:0","3:2","2:1"]}]""")]
    public async Task Classification_answers_the_best_classes_of_each_row(string count, string outputs)
    {
        using var answer = await InferAsync("wide",
            $$$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[2,3],"data":[1,2,3,9,1,2]}],"outputs":[{"name":"y","parameters":{"classification":{{{count}}}}}]}""");

        Assert.Equal(outputs, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("outputs").GetRawText());
    }

    [Fact]
    public async Task Class_labels_of_a_map_output_are_told()
    {
        using var answer = await InferAsync("classes", """
            {"inputs":[{"name":"X","datatype":"FP32","shape":[1,4],"data":[5.1,3.5,1.4,0.2]}],"outputs":[{"name":"output_probability","parameters":{"classification":1}}]}
            """);
        using var whole = await InferAsync("classes", """{"inputs":[{"name":"X","datatype":"FP32","shape":[1,4],"data":[5.1,3.5,1.4,0.2]}]}""");

        var best = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetString();
        Assert.Matches(@"^[\d.]+:(\d+):\1$", best);
        Assert.Equal("[0,1,2]", JsonDocument.Parse(await whole.Content.ReadAsStringAsync()).RootElement.GetProperty("outputs")[1].GetProperty("parameters").GetProperty("classes").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Bodies_may_be_compressed_and_long_answers_are_where_that_is_asked_for(string encoding)
    {
        var numbers = string.Join(',', Enumerable.Range(0, 9_000));
        var body = Pack(Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[3000,3],"data":[{{numbers}}]}]}"""), encoding);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/wide/infer") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.AcceptEncoding.ParseAdd(encoding);

        using var answer = await node.Client.SendAsync(request);

        Assert.Equal(encoding, Assert.Single(answer.Content.Headers.ContentEncoding));
        await using var packed = await answer.Content.ReadAsStreamAsync();
        await using Stream unpacked = encoding == "gzip" ? new GZipStream(packed, CompressionMode.Decompress) : new ZLibStream(packed, CompressionMode.Decompress);
        using var json = await JsonDocument.ParseAsync(unpacked);
        Assert.Equal(9_000, json.RootElement.GetProperty("outputs")[0].GetProperty("data")[8_999].GetInt32());
    }

    [Fact]
    public async Task H69_A_gzip_bomb_is_413_and_takes_no_memory()
    {
        var bomb = Pack(new byte[256 << 20], "gzip");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/wide/infer") { Content = new ByteArrayContent(bomb) };
        request.Content.Headers.ContentEncoding.Add("gzip");

        using var answer = await node.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("longer than", await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("br", 415, "gzip, deflate or none")]
    [InlineData("gzip", 400, "not of the encoding gzip")]
    public async Task What_cannot_be_unpacked_is_said(string encoding, int status, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/wide/infer") { Content = new StringContent("not packed at all") };
        request.Content.Headers.ContentEncoding.Add(encoding);

        using var answer = await node.Client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(expected, await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x", 0, "number of bytes of the JSON")]
    [InlineData("-1", 0, "number of bytes of the JSON")]
    [InlineData("9999", 0, "number of bytes of the JSON")]
    [InlineData(null, 12, "12 bytes follow")]
    [InlineData(null, 4, "bytes are left")]
    [InlineData(null, -1, "shape [1,3] of FP32 asks for 12 bytes, got 11")]
    public async Task A_binary_part_that_does_not_fit_is_400(string? header, int tail, string expected)
    {
        var size = tail switch { 12 => 0, -1 => 11, _ => 12 };
        var parameters = size == 0 ? "\"data\":[1,2,3]" : $$"""
            "parameters":{"binary_data_size":{{size}}}
            """;
        var json = $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],{{parameters}}}]}""";

        using var answer = await SendAsync("wide", json, new byte[tail < 0 ? 11 : tail], header);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(expected, await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("same-bool", "BOOL", "0200", "byte 0 or 1")]
    [InlineData("same-bytes", "BYTES", "0000000002000000FFFE", "no UTF-8")]
    [InlineData("same-bytes", "BYTES", "00000000FFFFFFFF", "end before")]
    [InlineData("same-bytes", "BYTES", "000000000000000000", "1 bytes follow")]
    public async Task Bytes_that_are_no_elements_are_400(string endpoint, string type, string hex, string expected)
    {
        var bytes = Convert.FromHexString(hex);
        using var answer = await SendAsync(endpoint, $$$"""{"inputs":[{"name":"x","datatype":"{{{type}}}","shape":[1,2],"parameters":{"binary_data_size":{{{bytes.Length}}}}}]}""", bytes);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(expected, await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"timeout\":\"soon\"", "timeout")]
    [InlineData("\"priority\":-1", "priority")]
    [InlineData("\"binary_data_output\":1", "binary_data_output")]
    public async Task A_parameter_of_the_wrong_kind_is_400(string parameter, string expected)
    {
        using var answer = await InferAsync("wide", $$"""{"parameters":{ {{parameter}} },"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(expected, await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timeout_of_a_microsecond_is_over_before_the_model_runs()
    {
        using var answer = await InferAsync("wide", """{"parameters":{"timeout":1,"priority":1},"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}""");

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("0.001 ms", await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v2", """{"name":"serving-node","version":"*","extensions":["binary_tensor_data","classification","model_configuration","model_repository","parameters","schedule_policy","statistics"]}""")]
    [InlineData("/v2/health/live", """{"live":true}""")]
    [InlineData("/v2/health/ready", """{"ready":true}""")]
    [InlineData("/v2/models/wide/ready", """{"name":"wide","ready":true}""")]
    [InlineData("/v2/models/wide/versions/1/ready", """{"name":"wide","ready":true}""")]
    [InlineData("/v2/models/wide", """{"name":"wide","versions":["1"],"platform":"onnx_onnxv1","inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1,3]}]}""")]
    [InlineData("/v2/models/same-bytes/config", """{"name":"same-bytes","platform":"onnxruntime_onnx","backend":"onnxruntime","version_policy":{"specific":{"versions":["1"]}},"max_batch_size":10000,"input":[{"name":"x","data_type":"TYPE_STRING","dims":[2]}],"output":[{"name":"y","data_type":"TYPE_STRING","dims":[2]}],"instance_group":*""")]
    public async Task What_is_asked_beside_predictions_is_answered_in_the_protocols_words(string path, string expected)
    {
        var got = await node.Client.GetStringAsync(path);

        Assert.Matches("^" + System.Text.RegularExpressions.Regex.Escape(expected).Replace("\\*", ".*", StringComparison.Ordinal) + "$", got);
    }

    [Fact]
    public async Task The_repository_lists_what_is_served_and_changes_nothing()
    {
        using var index = await node.PostAsync("/v2/repository/index", """{"ready":true}""");
        using var load = await node.PostAsync("/v2/repository/models/wide/load", "{}");
        using var unload = await node.PostAsync("/v2/repository/main/models/wide/unload", "{}");

        Assert.Contains("""{"name":"wide","version":"1","state":"READY","reason":""}""", await index.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((405, 405), ((int)load.StatusCode, (int)unload.StatusCode));
        Assert.Contains("control plane", await ErrorAsync(load), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statistics_count_rows_runs_and_where_the_time_went()
    {
        for (var i = 0; i < 5; i++)
            (await InferAsync("add", """{"inputs":[{"name":"x","datatype":"FP32","shape":[2,1],"data":[1,2]}]}""")).Dispose();
        (await InferAsync("add", "{}")).Dispose();

        var stats = await Testing.Eventually.GetAsync(async () => (await StatsAsync("/v2/models/add/versions/1/stats"))[0],
            one => one.GetProperty("inference_count").GetInt64() >= 10, TimeSpan.FromSeconds(10), "ten rows counted");
        var all = await StatsAsync("/v2/models/stats");

        Assert.Equal(("add", "1", 5), (stats.GetProperty("name").GetString(), stats.GetProperty("version").GetString(), stats.GetProperty("execution_count").GetInt64()));
        var times = stats.GetProperty("inference_stats");
        Assert.Equal((5, 1), (times.GetProperty("success").GetProperty("count").GetInt64(), times.GetProperty("fail").GetProperty("count").GetInt64()));
        foreach (var phase in (string[])["success", "compute_input", "compute_infer", "compute_output"])
            Assert.InRange(times.GetProperty(phase).GetProperty("ns").GetInt64(), 1, 60_000_000_000);
        Assert.InRange(stats.GetProperty("last_inference").GetInt64(), DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
        Assert.Contains(all, one => one.GetProperty("name").GetString() == "add");
    }

    [Theory]
    [InlineData("GET", "/v2/models/unknown", 404)]
    [InlineData("GET", "/v2/models/unknown/stats", 404)]
    [InlineData("GET", "/v2/models/wide/versions/7/config", 404)]
    [InlineData("GET", "/v2/models/wide/versions/7/ready", 404)]
    [InlineData("POST", "/v2/models/wide/versions/7/infer", 404)]
    public async Task What_is_not_here_is_404_with_an_error(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await node.Client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.NotEmpty(await ErrorAsync(answer));
    }

    private static async Task<string> ErrorAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return Assert.Single(json.RootElement.EnumerateObject(), member => member.Name == "error").Value.GetString()!;
    }

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static byte[] Pack(byte[] body, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream packing = encoding == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest) : new ZLibStream(packed, CompressionLevel.Fastest))
            packing.Write(body);
        return packed.ToArray();
    }

    private static async Task<(JsonElement Json, byte[] Binary)> SplitAsync(HttpResponseMessage answer)
    {
        var body = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        var length = int.Parse(Assert.Single(answer.Headers.GetValues(HeaderLength)), System.Globalization.CultureInfo.InvariantCulture);
        return (JsonDocument.Parse(body.AsMemory(0, length)).RootElement, body[length..]);
    }

    private async Task<List<JsonElement>> StatsAsync(string path) =>
        [.. JsonDocument.Parse(await node.Client.GetStringAsync(path)).RootElement.GetProperty("model_stats").EnumerateArray()];

    private Task<HttpResponseMessage> InferAsync(string endpoint, string body) => node.PostAsync($"/v2/models/{endpoint}/infer", body);

    /// <param name="header">Null: the length of the JSON.</param>
    private Task<HttpResponseMessage> SendAsync(string endpoint, string json, byte[] binary, string? header = null)
    {
        var head = Encoding.UTF8.GetBytes(json);
        // As NVIDIA's client does it: without a content type.
        var content = new ByteArrayContent([.. head, .. binary]);
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/models/{endpoint}/infer") { Content = content };
        request.Headers.Add(HeaderLength, header ?? head.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return node.Client.SendAsync(request);
    }
}

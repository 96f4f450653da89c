using System.Text.Json;

namespace Serving.Node.Tests.Protocols;

/// <summary>TensorFlow Serving's REST interface and KServe v1 as their tables say, against a real node.</summary>
public sealed class TensorFlowTests(ProtocolNode node) : IClassFixture<ProtocolNode>
{
    [Theory]
    // Rows: values, nested lists or objects; one output is a bare list, several are objects.
    [InlineData("wide", """{"instances":[[1,2,3],[4,5,6]]}""", """{"predictions":[[2,3,4],[5,6,7]]}""")]
    [InlineData("wide", """{"signature_name":"serving_default","instances":[{"x":[1,2,3]},{"x":[4,5,6]}]}""", """{"predictions":[[2,3,4],[5,6,7]]}""")]
    [InlineData("add", """{"instances":[1,2]}""", """{"predictions":[[2],[3]]}""")]
    [InlineData("add", """{"instances":[[1],[2]],"unknown":{"a":[1]}}""", """{"predictions":[[2],[3]]}""")]
    [InlineData("pair", """{"instances":[{"a":5,"b":2},{"b":[1],"a":[9]}]}""", """{"predictions":[{"s":[7],"d":[3]},{"s":[10],"d":[8]}]}""")]
    // Columns: one output is a bare value, several an object.
    [InlineData("wide", """{"inputs":[[1,2,3],[4,5,6]]}""", """{"outputs":[[2,3,4],[5,6,7]]}""")]
    [InlineData("wide", """{"inputs":{"x":[[1,2,3]]}}""", """{"outputs":[[2,3,4]]}""")]
    [InlineData("pair", """{"inputs":{"b":[[2],[1]],"a":[[5],[9]]}}""", """{"outputs":{"s":[[7],[10]],"d":[[3],[8]]}}""")]
    // Text, plain and in base 64; NaN and the infinities as bare words both ways.
    [InlineData("same-bytes", """{"instances":[["a",{"b64":"enfDtmxm"}]]}""", """{"predictions":[["a","zwölf"]]}""")]
    [InlineData("same-bytes", """{"instances":[[{"b64":"YQ=="},"NaN"]]}""", """{"predictions":[["a","NaN"]]}""")]
    [InlineData("same-fp32", """{"instances":[[NaN, -Infinity],[Infinity,1.5]]}""", """{"predictions":[[NaN,-Infinity],[Infinity,1.5]]}""")]
    [InlineData("same-fp64", """{"inputs":[[Infinity,NaN]]}""", """{"outputs":[[Infinity,NaN]]}""")]
    [InlineData("nan", """{"instances":[[1]]}""", """{"predictions":[[NaN]]}""")]
    [InlineData("same-int64", """{"instances":[[9223372036854775807,-1]]}""", """{"predictions":[[9223372036854775807,-1]]}""")]
    [InlineData("same-bool", """{"instances":[[true,false]]}""", """{"predictions":[[true,false]]}""")]
    public async Task Predicts_in_rows_and_in_columns(string model, string request, string expected)
    {
        foreach (var path in (string[])[$"/v1/models/{model}:predict", $"/V1/Models/{model}/Versions/1:Predict", $"/v1/models/{model}/labels/stable:predict"])
        {
            using var answer = await node.PostAsync(path, request);

            Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
            Assert.Equal("1", Assert.Single(answer.Headers.GetValues("X-Model-Version")));
        }
    }

    [Fact]
    public async Task A_map_output_is_an_object_a_row()
    {
        using var answer = await node.PostAsync("/v1/models/classes:predict", """{"instances":[[5.1,3.5,1.4,0.2],[6.3,2.9,5.6,1.8]]}""");

        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var row = json.RootElement.GetProperty("predictions")[1];
        Assert.Equal(["output_label", "output_probability"], row.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["0", "1", "2"], row.GetProperty("output_probability").EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("wide", "{}", "instances")]
    [InlineData("wide", "[]", "JSON object")]
    [InlineData("wide", """{"instances":[[1,2,3]],"inputs":[[1,2,3]]}""", "either instances or inputs")]
    [InlineData("wide", """{"instances":[[1,2,3]],"instances":[[1,2,3]]}""", "either instances or inputs")]
    [InlineData("wide", """{"instances":[]}""", "empty")]
    [InlineData("wide", """{"instances":{"x":[1,2,3]}}""", "must be a list")]
    [InlineData("wide", """{"instances":[[1,2]]}""", "expected shape [N,3], got [1,2]")]
    [InlineData("wide", """{"instances":[[1,2,3],[1,2]]}""", "nested")]
    [InlineData("wide", """{"instances":[[1,2,3],{"x":[1,2,3]}]}""", "not nested")]
    [InlineData("wide", """{"instances":[{"x":[1,2,3]},[1,2,3]]}""", "instances[1] must be an object")]
    [InlineData("wide", """{"instances":[{"z":[1,2,3]}]}""", "instances[0].z")]
    [InlineData("wide", """{"instances":[{}]}""", "instances[0].x")]
    [InlineData("wide", """{"instances":[["a",2,3]]}""", "expected a number")]
    [InlineData("wide", """{"instances":[[1,2,NaNa]]}""", "not valid JSON")]
    [InlineData("wide", """{"instances":[[1,2,3]]} x""", "not valid JSON")]
    [InlineData("wide", """{"signature_name":"other","instances":[[1,2,3]]}""", "signature_name")]
    [InlineData("pair", """{"instances":[[1,2]]}""", "a, b")]
    [InlineData("pair", """{"inputs":{"a":[[1]]}}""", "inputs.b")]
    [InlineData("pair", """{"inputs":{"a":[[1]],"a":[[1]]}}""", "twice")]
    [InlineData("same-int64", """{"instances":[[1.5,2]]}""", "INT64")]
    [InlineData("same-int64", """{"instances":[[NaN,2]]}""", "INT64")]
    [InlineData("same-bytes", """{"instances":[[{"b64":"%%%"},"a"]]}""", "base 64")]
    [InlineData("same-bytes", """{"instances":[[{"b64":"//79"},"a"]]}""", "UTF-8")]
    [InlineData("same-bytes", """{"instances":[[{"b64":"YQ==","x":1},"a"]]}""", "alone")]
    [InlineData("same-bytes", """{"instances":[[{"other":1},"a"]]}""", "b64")]
    [InlineData("same-fp16", """{"instances":[[1,2]]}""", "no JSON form")]
    public async Task F69_What_does_not_fit_is_400_with_an_error(string model, string request, string expected)
    {
        using var answer = await node.PostAsync($"/v1/models/{model}:predict", request);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(expected, await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/v1/models/half:predict", 404, "Servable not found for request: Latest(half)")]
    [InlineData("POST", "/v1/models/wide/versions/7:predict", 404, "Servable not found for request: Specific(wide, 7)")]
    [InlineData("POST", "/v1/models/wide/labels/champion:predict", 404, "Servable not found for request: Specific(wide, champion)")]
    [InlineData("POST", "/v1/models/wide/labels/none:predict", 404, "Servable not found for request: Specific(wide, none)")]
    [InlineData("GET", "/v1/models/half", 404, "Servable not found for request: Latest(half)")]
    [InlineData("GET", "/v1/models/wide/versions/7/metadata", 404, "Servable not found for request: Specific(wide, 7)")]
    [InlineData("POST", "/v1/models/wide:explain", 501, "explain")]
    public async Task What_is_not_here_is_said_in_the_words_that_clients_look_for(string method, string path, int status, string expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent("{}") };
        using var answer = await node.Client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(expected, await ErrorAsync(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_rows_are_413()
    {
        foreach (var body in (string[])["""{"instances":[[1],[1],[1],[1]]}""", """{"instances":[{"x":1},{"x":1},{"x":1},{"x":1}]}""", """{"inputs":[[1],[1],[1],[1]]}"""])
        {
            using var answer = await node.PostAsync("/v1/models/small:predict", body);
            Assert.Equal(413, (int)answer.StatusCode);
            Assert.Contains("4 rows", await ErrorAsync(answer), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/v1/models/wide", """{"name":"wide","ready":true,"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}""")]
    [InlineData("/v1/models/wide/versions/1", """{"name":"wide","ready":true,"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}""")]
    [InlineData("/v1/models/pair/labels/champion", """{"name":"pair","ready":true,"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}""")]
    [InlineData("/v1/models/wide/labels/stable", """{"name":"wide","ready":true,"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}""")]
    [InlineData("/v1/models/same-int64/metadata", """{"model_spec":{"name":"same-int64","signature_name":"","version":"1"},"metadata":{"signature_def":{"signature_def":{"serving_default":{"inputs":{"x":{"dtype":"DT_INT64","tensor_shape":{"dim":[{"size":"-1","name":""},{"size":"2","name":""}],"unknown_rank":false},"name":"x:0"}},"outputs":{"y":{"dtype":"DT_INT64","tensor_shape":{"dim":[{"size":"-1","name":""},{"size":"2","name":""}],"unknown_rank":false},"name":"y:0"}},"method_name":"tensorflow/serving/predict"}}}}}""")]
    public async Task Status_and_metadata_are_in_the_protocols_words(string path, string expected) =>
        Assert.Equal(expected, await node.Client.GetStringAsync(path));

    [Fact]
    public async Task KServe_lists_the_models()
    {
        using var json = JsonDocument.Parse(await node.Client.GetStringAsync("/v1/models"));
        Assert.Contains(json.RootElement.GetProperty("models").EnumerateArray(), model => model.GetString() == "wide");
    }

    private static async Task<string> ErrorAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return Assert.Single(json.RootElement.EnumerateObject()).Value.GetString()!;
    }
}

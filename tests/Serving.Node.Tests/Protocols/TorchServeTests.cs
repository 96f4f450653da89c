using System.Text;
using System.Text.Json;

namespace Serving.Node.Tests.Protocols;

/// <summary>TorchServe's inference and its questions about models as its tables say, against a real node.</summary>
public sealed class TorchServeTests(ProtocolNode node) : IClassFixture<ProtocolNode>
{
    [Theory]
    [InlineData("POST", "/predictions/wide")]
    [InlineData("PUT", "/predictions/wide")]
    [InlineData("POST", "/predictions/wide/1")]
    public async Task A_raw_body_is_one_row_by_POST_and_by_PUT_as_curl_sends_files(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent("""{"x": [1, 2, 5]}"""u8.ToArray()) };
        using var answer = await node.Client.SendAsync(request);

        Assert.Equal("""{"y":[2,3,6]}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("1", Assert.Single(answer.Headers.GetValues("X-Model-Version")));
    }

    [Theory]
    [InlineData(1, """{"y":[1,2,3]}""")]
    [InlineData(3, """[{"y":[1,2,3]},{"y":[2,2,3]},{"y":[3,2,3]}]""")]
    public async Task Each_part_data_of_a_form_is_a_row(int parts, string expected)
    {
        using var form = new MultipartFormDataContent { { new StringContent("ignored"), "other" } };
        for (var i = 0; i < parts; i++)
            form.Add(new StringContent($$"""{"x":[{{i}},1,2]}"""), "data", $"row{i}.json");

        using var answer = await node.Client.PostAsync("/predictions/wide", form);

        Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("POST", "/predictions/none", "{}", 404, "ModelNotFoundException", "none")]
    [InlineData("POST", "/predictions/wide/9", "{}", 404, "ModelVersionNotFoundException", "9")]
    [InlineData("POST", "/predictions/wide", "{}", 400, "BadRequestException", "x (FP32 [N,3]) is missing")]
    [InlineData("POST", "/predictions/wide", "[1,2,3]", 400, "BadRequestException", "object")]
    [InlineData("POST", "/predictions/wide", "hello", 400, "BadRequestException", "not valid JSON")]
    [InlineData("POST", "/predictions/wide", """{"x":[1,2,3]} {}""", 400, "BadRequestException", "not valid JSON")]
    [InlineData("GET", "/models/none", null, 404, "ModelNotFoundException", "none")]
    [InlineData("GET", "/models/wide/9", null, 404, "ModelVersionNotFoundException", "9")]
    [InlineData("GET", "/models?limit=0", null, 400, "BadRequestException", "limit")]
    [InlineData("POST", "/models?url=x.mar", "", 405, "MethodNotAllowedException", "control plane")]
    [InlineData("PUT", "/models/wide?min_worker=3", "", 405, "MethodNotAllowedException", "control plane")]
    [InlineData("PUT", "/models/wide/1/set-default", "", 405, "MethodNotAllowedException", "control plane")]
    [InlineData("DELETE", "/models/wide/1", "", 405, "MethodNotAllowedException", "control plane")]
    [InlineData("POST", "/explanations/wide", "{}", 501, "NotImplementedException", "predictions")]
    public async Task Errors_have_code_type_and_message(string method, string path, string? body, int status, string type, string expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body) };
        using var answer = await node.Client.SendAsync(request);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(["code", "type", "message"], json.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal((status, type), (json.RootElement.GetProperty("code").GetInt32(), json.RootElement.GetProperty("type").GetString()));
        Assert.Contains(expected, json.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no boundary at all")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n{}\r\n--b--\r\n")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{}")]
    public async Task F69_A_broken_form_is_400(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        using var answer = await node.Client.PostAsync("/predictions/wide", content);

        Assert.Equal(400, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Models_are_listed_in_pages_and_described()
    {
        using var first = JsonDocument.Parse(await node.Client.GetStringAsync("/models?limit=2"));
        using var second = JsonDocument.Parse(await node.Client.GetStringAsync($"/models?limit=100&next_page_token={first.RootElement.GetProperty("nextPageToken").GetString()}"));
        using var described = JsonDocument.Parse(await node.Client.GetStringAsync("/models/wide/all"));

        string?[] names = [.. first.RootElement.GetProperty("models").EnumerateArray().Concat(second.RootElement.GetProperty("models").EnumerateArray()).Select(model => model.GetProperty("modelName").GetString())];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Contains("wide", names);
        Assert.False(second.RootElement.TryGetProperty("nextPageToken", out _));
        var model = Assert.Single(described.RootElement.EnumerateArray());
        Assert.Equal(("wide", "1"), (model.GetProperty("modelName").GetString(), model.GetProperty("modelVersion").GetString()));
        Assert.Equal("READY", model.GetProperty("workers")[0].GetProperty("status").GetString());
        Assert.Equal(256, model.GetProperty("jobQueueStatus").GetProperty("remainingCapacity").GetInt32());
    }

    [Fact]
    public async Task Ping_says_healthy() => Assert.Equal("""{"status":"Healthy"}""", await node.Client.GetStringAsync("/ping"));
}

using System.Net;
using System.Text;
using System.Text.Json;
using Serving.Node.Tests.Kit;

namespace Serving.Node.Tests.Receive;

/// <summary>What a caller may get wrong is answered with the field's name; the node goes on and its memory stays where it was.</summary>
public sealed class BadRequestTests(TinyNode node) : IClassFixture<TinyNode>
{
    [Theory]
    [InlineData("", "body", "MalformedJson")]
    [InlineData("{", "body", "MalformedJson")]
    [InlineData("[]", "body", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,3]}} trailing""", "body", "MalformedJson")]
    [InlineData("""{"inputs":{"x":[1,2,3]},"other":1}""", "other", "InvalidInput")]
    [InlineData("""{}""", "inputs", "InvalidInput")]
    [InlineData("""{"inputs":[1,2,3]}""", "inputs", "InvalidInput")]
    [InlineData("""{"inputs":{}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"y":[1,2,3]}}""", "inputs.y", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,3],"x":[1,2,3]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":1}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[[[1,2,3]]]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,[2],3]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,"3"]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,null]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,{}]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,NaN]}}""", "body", "MalformedJson")]
    [InlineData("""{"inputs":{"x":[1,2,"NaN"]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,1e39]}}""", "inputs.x", "InvalidInput")]
    [InlineData("""{"rows":[]}""", "rows", "InvalidInput")]
    [InlineData("""{"rows":{}}""", "rows", "InvalidInput")]
    [InlineData("""{"rows":[{}]}""", "rows[0].inputs", "InvalidInput")]
    [InlineData("""{"rows":[{"inputs":{"x":[1,2,3]}},{"inputs":{"x":[1,2]}}]}""", "rows[1].inputs.x", "InvalidInput")]
    [InlineData("""{"inputs":{"x":[1,2,3]},"rows":[{"inputs":{"x":[1,2,3]}}]}""", "rows", "InvalidInput")]
    [InlineData("""{"entities":{"user":7},"inputs":{"x":[1,2,3]}}""", "entities.user", "InvalidInput")]
    [InlineData("""{"inputs":{"\ud800":[1,2,3]}}""", "body", "MalformedJson")]
    public async Task F69_A_native_request_that_does_not_fit_is_400_and_names_the_field(string body, string field, string code)
    {
        using var answer = await node.PostAsync("/predict/wide", body);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(code, problem.RootElement.GetProperty("code").GetString());
        Assert.Equal(field, problem.RootElement.GetProperty("field").GetString());
        Assert.Equal(400, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Equal("stable", Assert.Single(answer.Headers.GetValues("X-Arm")));
        Assert.Equal("1", Assert.Single(answer.Headers.GetValues("X-Model-Version")));
        Assert.StartsWith("rel-", Assert.Single(answer.Headers.GetValues("X-Release")));
        Assert.NotEmpty(Assert.Single(answer.Headers.GetValues("X-Request-Id")));
    }

    [Theory]
    [InlineData("""{"inputs":[]}""", "x")]
    [InlineData("""{"inputs":{}}""", "inputs")]
    [InlineData("""{"inputs":[{"name":"z","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}""", "z")]
    [InlineData("""{"inputs":[{"datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}""", "name")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"INT64","shape":[1,3],"data":[1,2,3]}]}""", "FP32")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,3],"data":[1,2,3]}]}""", "datatype")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}""", "[N,3]")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[3],"data":[1,2,3]}]}""", "[N,3]")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,3],"data":[1,2,3]}]}""", "shape")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1.5,3],"data":[1,2,3]}]}""", "shape")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","data":[1,2,3]}]}""", "shape")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[0,3],"data":[]}]}""", "no element")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2]}]}""", "holds 2")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3,4]}]}""", "3 elements")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[2,3],"data":[[1,2],[3,4,5],[6]]}]}""", "nested")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[2,3],"data":[[1,2,3],4,5,6]}]}""", "nested")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,true]}]}""", "element 2")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3]}]}""", "data")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]},{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}""", "twice")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}],"outputs":[{"name":"nope"}]}""", "nope")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[333333334,3],"data":[1,2,3]}]}""", "333333334 rows")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[9223372036854775807,3],"data":[1,2,3]}]}""", "9223372036854775807 rows")]
    public async Task F69_An_open_inference_request_that_does_not_fit_is_refused_in_a_sentence(string body, string named)
    {
        using var answer = await node.PostAsync("/v2/models/wide/infer", body);
        using var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge, answer.StatusCode.ToString());
        Assert.Contains(named, error.RootElement.GetProperty("error").GetString()!, StringComparison.Ordinal);
        Assert.Single(error.RootElement.EnumerateObject());
        Assert.Equal("stable", Assert.Single(answer.Headers.GetValues("X-Arm")));
    }

    [Fact]
    public async Task F69_Nesting_without_end_is_400()
    {
        var bomb = new string('[', 1_000_000);

        using var native = await node.PostAsync("/predict/wide", "{\"inputs\":{\"x\":" + bomb);
        using var oip = await node.PostAsync("/v2/models/wide/infer", "{\"inputs\":" + bomb);

        Assert.Equal(HttpStatusCode.BadRequest, native.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, oip.StatusCode);
    }

    [Fact]
    public async Task F69_A_long_body_is_413_and_nothing_of_it_is_kept()
    {
        using var warm = await node.PostAsync("/predict/add", """{"inputs":{"x":1}}""");
        var before = node.Process.Process.ResidentBytes();

        using var declared = await node.PostAsync("/predict/small", """{"inputs":{"x":[1""" + new string(' ', 100 << 20) + "]}}");
        using var chunked = await ChunkedAsync("/v2/models/small/infer", 100 << 20);

        Assert.Equal(HttpStatusCode.OK, warm.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, declared.StatusCode);
        Assert.Contains("BodyTooLarge", await declared.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
        Assert.InRange(node.Process.Process.ResidentBytes() - before, long.MinValue, 48L << 20);
    }

    [Theory]
    [InlineData("/predict/small", """{"rows":[{"inputs":{"x":[1]}},{"inputs":{"x":[1]}},{"inputs":{"x":[1]}},{"inputs":{"x":[1]}}]}""")]
    [InlineData("/v2/models/small/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[4,1],"data":[1,2,3,4]}]}""")]
    public async Task F69_More_rows_than_the_endpoint_takes_are_413(string path, string body)
    {
        using var answer = await node.PostAsync(path, body);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("4 rows", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F69_A_name_as_long_as_the_body_is_not_repeated_whole()
    {
        using var answer = await node.PostAsync("/predict/add", "{\"inputs\":{\"" + new string('n', 1 << 20) + "\":[1]}}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.InRange((await answer.Content.ReadAsStringAsync()).Length, 10, 3_000);
    }

    [Fact]
    public async Task Unknown_names_are_404_and_one_series()
    {
        using var native = await node.PostAsync("/predict/made-up-1", "{}");
        using var oip = await node.PostAsync("/v2/models/made-up-2/infer", "{}");
        using var version = await node.PostAsync("/v2/models/add/versions/9/infer", "{}");
        var metrics = await node.Client.GetStringAsync("/metrics");

        Assert.Equal(HttpStatusCode.NotFound, native.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, oip.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, version.StatusCode);
        Assert.DoesNotContain("made-up", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("serving_unknown_endpoint_total 0", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc-DEF-123", true)]
    [InlineData("with space", false)]
    [InlineData("semi;colon", false)]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234", false)]
    public async Task A_request_id_is_echoed_when_it_is_fit_and_replaced_when_not(string given, bool echoed)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, "/predict/add") { Content = new StringContent("""{"inputs":{"x":[1]}}""", Encoding.UTF8, "application/json") };
        ask.Headers.TryAddWithoutValidation("X-Request-Id", given);

        using var answer = await node.Client.SendAsync(ask);

        var id = Assert.Single(answer.Headers.GetValues("X-Request-Id"));
        Assert.Equal(echoed, id == given);
        Assert.Equal(echoed ? given : id, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("requestId").GetString());
        Assert.Matches("^[A-Za-z0-9-]{1,64}$", id);
    }

    private async Task<HttpResponseMessage> ChunkedAsync(string path, int bytes)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StreamContent(new Blanks(bytes)) };
        ask.Headers.TransferEncodingChunked = true;
        ask.Headers.ExpectContinue = true;
        return await node.Client.SendAsync(ask);
    }

    /// <summary>Spaces without a length.</summary>
    private sealed class Blanks(int bytes) : MemoryStream(Encoding.ASCII.GetBytes(new string(' ', bytes)))
    {
        public override bool CanSeek => false;
    }
}

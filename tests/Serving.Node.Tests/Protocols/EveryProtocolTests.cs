using System.Text;

namespace Serving.Node.Tests.Protocols;

/// <summary>What holds on every protocol over HTTP.</summary>
public sealed class EveryProtocolTests(ProtocolNode node) : IClassFixture<ProtocolNode>
{
    public static TheoryData<string, string> Requests => new()
    {
        { "/predict/wide", """{"inputs":{"x":[1,2,3]}}""" },
        { "/v2/models/wide/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}""" },
        { "/v1/models/wide:predict", """{"instances":[[1,2,3]]}""" },
        { "/predictions/wide", """{"x":[1,2,3]}""" },
        { "/serving-endpoints/wide/invocations", """{"inputs":[[1,2,3]]}""" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Answers_say_who_gave_them_and_where_the_time_went_where_that_is_asked(string path, string body)
    {
        using var plain = await SendAsync(path, body, []);
        using var timed = await SendAsync(path, body, [("X-Server-Timing", "1"), ("X-Request-Id", "abc-1")]);

        Assert.Equal(200, (int)plain.StatusCode);
        Assert.False(plain.Headers.Contains("Server-Timing"));
        Assert.Matches(@"^read;dur=[\d.]+, queue;dur=[\d.]+, infer;dur=[\d.]+, write;dur=[\d.]+$", Assert.Single(timed.Headers.GetValues("Server-Timing")));
        Assert.Equal("abc-1", Assert.Single(timed.Headers.GetValues("X-Request-Id")));
        Assert.Equal(("1", "stable"), (Assert.Single(timed.Headers.GetValues("X-Model-Version")), Assert.Single(timed.Headers.GetValues("X-Arm"))));
        Assert.StartsWith("rel-", Assert.Single(timed.Headers.GetValues("X-Release")), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task H69_A_request_id_that_is_no_id_is_replaced(string path, string body)
    {
        foreach (var id in (string[])["a b", "token=secret", new string('x', 65), "<script>"])
        {
            using var answer = await SendAsync(path, body, [("X-Request-Id", id)]);
            Assert.Matches("^[A-Za-z0-9-]{1,64}$", Assert.Single(answer.Headers.GetValues("X-Request-Id")));
            Assert.NotEqual(id, Assert.Single(answer.Headers.GetValues("X-Request-Id")));
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task H69_A_body_beyond_the_limit_is_413_and_a_depth_bomb_is_400(string path, string body)
    {
        using var large = await SendAsync(path.Replace("wide", "small", StringComparison.Ordinal), body + new string(' ', 5_000), []);
        using var deep = await SendAsync(path, new string('[', 500_000), []);
        using var deeper = await SendAsync(path, "{\"inputs\":" + new string('[', 100_000) + new string(']', 100_000) + "}", []);

        Assert.Equal((413, 400, 400), ((int)large.StatusCode, (int)deep.StatusCode, (int)deeper.StatusCode));
    }

    [Theory]
    [InlineData("/v1/../admin")]
    [InlineData("/admin")]
    [InlineData("/v2/models/../../etc/passwd/infer")]
    [InlineData("/predict/..%2f..%2fetc")]
    [InlineData("/v2/models/wide/versions/1/infer/more")]
    public async Task H68_Tricks_with_the_path_are_404(string path)
    {
        using var answer = await SendAsync(path, "{}", [("X-HTTP-Method-Override", "DELETE")]);
        Assert.Equal(404, (int)answer.StatusCode);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await node.Client.SendAsync(request);
    }
}

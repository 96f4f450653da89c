using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serving.Gateway.Tests;

/// <summary>What a caller cannot reach or make others believe, whatever he writes into a request.</summary>
public sealed class PathTests : IAsyncDisposable
{
    private readonly GatewayProcess _gateway = new();
    private readonly NodeFake _node = NodeFake.StartAsync("a").GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task H68_No_way_of_writing_a_path_reaches_what_a_node_tells_only_its_machine()
    {
        await _gateway.StartAsync(_node);
        string[] targets =
        [
            "/status", "/STATUS", "/status/", "/status?x=/predict/a", "/metrics", "/monitoring/prometheus/metrics", "/healthz/ready", "/healthz/anything", "/debug/x", "/admin", "/",
            "/v1/../status", "/v1/%2e%2e/status", "/v1/.%2E/metrics", "/predict/x/../../status", "/%73tatus", "/predict/../%73tatus",
            "/%2573tatus", "/v1/..%2fstatus", "/v1/..%2Fstatus", "/v1/%252e%252e/status", "/v1/..%5cstatus", "/v1/..\\status", "/v1/..;/status", "/v1/.;/status",
            "//status", "//v1/status", "/v1//status", "/.v1/status", "/predict/..", "/predict/.hidden", "/predict/a%00b", "/predict/%0d%0aX", "/./status", "/v2/./../metrics",
            "http://127.0.0.1/status", "http://127.0.0.1/v1/../metrics", "http://user@127.0.0.1/status", "/predict%2f..%2fstatus", "/v1%2fmodels",
        ];

        var answers = new List<(string Target, string Answer)>();
        foreach (var target in targets)
        {
            answers.Add((target, await SendAsync($"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")));
            answers.Add((target, await SendAsync($"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-HTTP-Method-Override: GET\r\nX-Original-URL: /status\r\nX-Rewrite-URL: /status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")));
        }

        Assert.Empty(_node.Lines);
        Assert.All(answers.Where(one => !IsGatewaysOwn(one.Target)), one => Assert.Matches("^HTTP/1.1 40[045] ", one.Answer));
    }

    [Theory]
    [InlineData("/predict/fraud")]
    [InlineData("/v2/models/fraud/infer")]
    [InlineData("/v1/models/fraud:predict")]
    [InlineData("/v1/models/fraud/versions/3:predict")]
    [InlineData("/predictions/fraud/1.0")]
    [InlineData("/invocations")]
    [InlineData("/serving-endpoints/fraud/invocations")]
    [InlineData("/v2/models/a-b_c.d/versions/1/infer")]
    [InlineData("/outcomes")]
    public async Task Paths_of_predictions_arrive_as_they_were_sent(string path)
    {
        await _gateway.StartAsync(_node);

        var answer = await SendAsync($"POST {path}?x=%2F1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-HTTP-Method-Override: DELETE\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal("POST " + path, Assert.Single(_node.Lines));
    }

    [Fact]
    public async Task H68_An_absolute_form_says_nothing_about_where_a_request_goes()
    {
        await _gateway.StartAsync(_node);

        var answer = await SendAsync("POST http://169.254.169.254/predict/fraud HTTP/1.1\r\nHost: 169.254.169.254\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal(new Uri(_node.Peer.Address).Authority, Assert.Single(_node.Received).Headers.Host);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("token=secret")]
    [InlineData("<script>")]
    [InlineData("a,b")]
    public Task H69_A_request_id_that_is_no_id_is_replaced(string id) => ReplacedAsync(id);

    [Fact]
    public Task H69_A_request_id_of_4_kB_is_replaced() => ReplacedAsync(new string('x', 4096));

    [Fact]
    public async Task H69_A_hundred_megabytes_are_refused_by_the_node_and_kept_by_nobody()
    {
        _node.Converse = context =>
        {
            context.Response.StatusCode = 413;
            return Task.CompletedTask;
        };
        await _gateway.StartAsync(_node);
        var before = _gateway.Process.ResidentBytes();

        using var body = new ByteArrayContent(new byte[100 << 20]);
        using var ask = new HttpRequestMessage(HttpMethod.Post, _gateway.Address + "/predict/fraud") { Content = body };
        ask.Headers.ExpectContinue = true;
        using var answer = await _gateway.Client.SendAsync(ask);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.InRange(_gateway.Process.ResidentBytes() - before, long.MinValue, 50 << 20);
        _node.Converse = null;
        Assert.Equal("a", await _gateway.AskAsync());
    }

    private async Task ReplacedAsync(string id)
    {
        await _gateway.StartAsync(_node);
        using var ask = new HttpRequestMessage(HttpMethod.Post, _gateway.Address + "/predict/fraud") { Content = new StringContent("{}") };
        ask.Headers.TryAddWithoutValidation("X-Request-Id", id);

        using var answer = await _gateway.Client.SendAsync(ask);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Matches("^[0-9a-f-]{36}$", Assert.Single(_node.Received).Headers["X-Request-Id"].ToString());
    }

    /// <summary>Answered by the gateway about itself: it is bound to loopback here.</summary>
    private static bool IsGatewaysOwn(string target) => target.Contains("tatus", StringComparison.OrdinalIgnoreCase) || target.Contains("metrics", StringComparison.Ordinal) || target.Contains("healthz", StringComparison.Ordinal);

    private async Task<string> SendAsync(string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _gateway.Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}

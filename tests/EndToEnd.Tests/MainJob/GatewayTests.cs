using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using EndToEnd.Tests.Kit;
using Testing;
using Testing.Load;
using Testing.Processes;

namespace EndToEnd.Tests.MainJob;

/// <summary>The gateway before real nodes.</summary>
public sealed class GatewayTests(ServedInstallation served) : IClassFixture<ServedInstallation>
{
    private static readonly byte[] _body = """{"inputs":{"x":[1]}}"""u8.ToArray();

    private Installation Installation => served.Installation;

    [Fact]
    public async Task H68_What_a_node_tells_its_own_machine_is_not_told_through_the_gateway()
    {
        string[] targets =
        [
            "/v1/%2e%2e/status", "/v1/..%2fstatus", "/%2573tatus", "//status", "/v1//status", "/v1/..\\status", "/v1/..;/status", "/monitoring/prometheus/metrics",
            "/v2/models/../../monitoring/prometheus/metrics", "http://127.0.0.1/monitoring/prometheus/metrics", "/v1/status", "/predict/status", "/admin",
        ];
        var direct = await Installation.Api.GetStringAsync(Installation.NodeUrl(1) + "/status");

        var answers = new List<string>();
        foreach (var target in targets)
            answers.Add(await SendAsync($"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-HTTP-Method-Override: GET\r\nConnection: close\r\n\r\n"));

        Assert.Contains("appliedRevision", direct, StringComparison.Ordinal);
        Assert.All(answers, answer =>
        {
            Assert.DoesNotContain("appliedRevision", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("serving_requests_total", answer, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task F71_Nodes_and_then_the_gateway_are_asked_to_end_under_load_and_no_request_fails()
    {
        await using var load = OpenLoopLoad.Start(200, $"{Installation.Gateway}/predict/adder", _body);
        await Eventually.TrueAsync(() => load.History.Count > 300, TimeSpan.FromSeconds(20), "load under way");
        foreach (var name in (string[])["node-production-1", "node-production-2"])
        {
            var pid = Installation.PidOf(name);
            Signals.Terminate(pid);
            await Eventually.TrueAsync(() => Installation.PidOf(name) != pid, TimeSpan.FromSeconds(40), $"{name} ended and started again");
            await Installation.ConvergedAsync();
            await ReadyNodesAsync(2);
        }

        Signals.Terminate(Installation.PidOf("gateway-production"));
        await Eventually.TrueAsync(async () => !await IsReadyAsync(), TimeSpan.FromSeconds(10), "the gateway says that it ends");
        var history = await load.StopAsync();
        await Eventually.TrueAsync(IsReadyAsync, TimeSpan.FromSeconds(40), "the gateway started again");

        var failed = history.Where(sent => sent.Failed).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {history.Count} failed, the first: {failed.FirstOrDefault()}");
    }

    [Fact]
    public async Task Json_over_HTTP_2_is_answered_as_over_HTTP_1()
    {
        using var client = new HttpClient();
        using var ask = new HttpRequestMessage(HttpMethod.Post, $"http://{Installation.GatewayHttp2}/predict/adder")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(_body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };

        using var answer = await client.SendAsync(ask);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        Assert.True(answer.Headers.Contains("X-Release"));
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await Installation.Api.GetAsync($"{Installation.Gateway}/healthz/ready")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>As the gateway sees them: it asks each once a second.</summary>
    private Task ReadyNodesAsync(int count) => Eventually.TrueAsync(
        async () => (await Installation.Api.GetStringAsync($"{Installation.Gateway}/metrics")).Split("gateway_node_ready{").Skip(1).Count(line => line.Split('\n')[0].EndsWith(" 1", StringComparison.Ordinal)) == count,
        TimeSpan.FromSeconds(20), $"{count} nodes ready");

    private async Task<string> SendAsync(string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(Installation.Gateway).Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(new NetworkStream(socket));
        return await reader.ReadToEndAsync();
    }
}

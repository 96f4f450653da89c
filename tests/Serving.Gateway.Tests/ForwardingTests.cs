using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Http;
using Testing;
using Testing.Load;

namespace Serving.Gateway.Tests;

public sealed class ForwardingTests : IAsyncDisposable
{
    private readonly GatewayProcess _gateway = new();
    private readonly NodeFake _a = NodeFake.StartAsync("a").GetAwaiter().GetResult();
    private readonly NodeFake _b = NodeFake.StartAsync("b").GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task F09_Fails_no_request_when_a_node_dies_under_load()
    {
        await _gateway.StartAsync(_a, _b);
        await using var load = OpenLoopLoad.Start(300, _gateway.Address + "/predict/fraud", "{\"inputs\":{\"x\":1}}"u8.ToArray());
        await Eventually.TrueAsync(() => _a.Received.Count > 150 && _b.Received.Count > 150, TimeSpan.FromSeconds(20), "both nodes are used");

        await _a.DisposeAsync();
        var before = _b.Received.Count;
        await Eventually.TrueAsync(() => _b.Received.Count > before + 600, TimeSpan.FromSeconds(20), "the other one takes over");

        Assert.DoesNotContain(await load.StopAsync(), request => request.Failed);
    }

    [Fact]
    public async Task Fails_no_request_when_a_node_hangs_under_load()
    {
        await _gateway.StartAsync(_a, _b);
        await using var load = OpenLoopLoad.Start(200, _gateway.Address + "/predict/fraud", "{}"u8.ToArray());
        await Eventually.TrueAsync(() => _a.Received.Count > 50, TimeSpan.FromSeconds(20), "load runs");

        _a.Hangs = true;
        var before = _b.Received.Count;
        await Eventually.TrueAsync(() => _b.Received.Count > before + 600, TimeSpan.FromSeconds(30), "the other one takes over");
        var all = await load.StopAsync();

        Assert.DoesNotContain(all, request => request.Failed);
        Assert.All(all, request => Assert.InRange(request.Took, TimeSpan.Zero, TimeSpan.FromSeconds(5)));
    }

    [Theory, InlineData(502), InlineData(503)]
    public async Task Sends_the_same_body_and_id_to_another_node_when_one_says_502_or_503(int status)
    {
        _a.Answer = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        _b.Answer = null;
        await _gateway.StartAsync(_a, _b);

        for (var i = 0; i < 10; i++)
        {
            using var answer = await _gateway.Client.PostAsJsonAsync(_gateway.Address + "/predict/fraud", new { inputs = new { number = i } });
            Assert.Equal("b", await answer.Content.ReadAsStringAsync());
            Assert.Equal("rel-b", answer.Headers.GetValues("X-Release").Single());
        }

        Assert.Equal(10, _b.Received.Count);
        Assert.InRange(_a.Received.Count, 1, 10);
        Assert.All(_b.Received, answered => Assert.Equal(36, answered.Headers["X-Request-Id"].ToString().Length));
        Assert.All(_a.Received, tried => Assert.Contains(_b.Received, answered => answered.Body == tried.Body && answered.Headers["X-Request-Id"] == tried.Headers["X-Request-Id"]));
    }

    [Fact]
    public async Task Asks_another_node_when_one_says_502()
    {
        _a.Answer = context =>
        {
            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        };
        await _gateway.StartAsync(_a, _b);

        var answers = new List<string>();
        for (var i = 0; i < 6; i++)
            answers.Add(await _gateway.AskAsync());

        Assert.All(answers, answer => Assert.Equal("b", answer));
        Assert.NotEmpty(_a.Received);
    }

    [Fact]
    public async Task A_refusal_for_want_of_room_goes_to_a_node_with_less_to_do()
    {
        using var roomOfA = new SemaphoreSlim(0);
        using var roomOfB = new SemaphoreSlim(0);
        _a.Answer = async context =>
        {
            await roomOfA.WaitAsync(context.RequestAborted);
            context.Response.StatusCode = 429;
        };
        _b.Answer = async context =>
        {
            await roomOfB.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("b");
        };
        await _gateway.StartAsync(_a, _b);
        var asking = Enumerable.Range(0, 12).Select(_ => _gateway.AskAsync()).ToList();
        await Eventually.TrueAsync(() => _a.Received.Count + _b.Received.Count == 12 && _a.Received.Count >= 2, TimeSpan.FromSeconds(20), "both nodes hold some");
        var withB = _b.Received.Count;
        roomOfB.Release(100);
        await Eventually.TrueAsync(() => asking.Count(one => one.IsCompleted) == withB, TimeSpan.FromSeconds(20), "node b is done");

        roomOfA.Release();
        await Eventually.TrueAsync(() => asking.Count(one => one.IsCompleted) == withB + 1, TimeSpan.FromSeconds(20), "one more is answered");

        Assert.All(asking.Where(one => one.IsCompleted), one => Assert.Equal("b", one.GetAwaiter().GetResult()));
        Assert.Equal(withB + 1, _b.Received.Count);
        roomOfA.Release(100);
        await Task.WhenAll(asking);
    }

    [Fact]
    public async Task An_outcome_is_not_sent_twice()
    {
        _a.Answer = Unavailable;
        _b.Answer = Unavailable;
        await _gateway.StartAsync(_a, _b);

        using var answer = await _gateway.Client.PostAsync(_gateway.Address + "/outcomes", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(1, _a.Received.Count + _b.Received.Count);
    }

    [Fact]
    public async Task Asks_two_nodes_and_never_a_third()
    {
        await using var c = await NodeFake.StartAsync("c");
        NodeFake[] all = [_a, _b, c];
        Array.ForEach(all, node => node.Answer = Unavailable);
        await _gateway.StartAsync(all);

        using var answer = await _gateway.Client.PostAsync(_gateway.Address + "/predict/fraud", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("NothingLoaded", await answer.Content.ReadAsStringAsync());
        Assert.Equal(2, all.Sum(node => node.Received.Count));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(504)]
    [InlineData(400)]
    [InlineData(404)]
    public async Task Passes_other_answers_through_with_their_headers_and_asks_once(int status)
    {
        Task Refuse(HttpContext context)
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "3";
            context.Response.Headers["X-Arm"] = "stable";
            return context.Response.WriteAsync("no");
        }

        _a.Answer = Refuse;
        _b.Answer = Refuse;
        await _gateway.StartAsync(_a, _b);

        using var answer = await _gateway.Client.PostAsync(_gateway.Address + "/predict/fraud", new StringContent("{}"));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("3", answer.Headers.GetValues("Retry-After").Single());
        Assert.Equal("stable", answer.Headers.GetValues("X-Arm").Single());
        Assert.Equal(1, _a.Received.Count + _b.Received.Count);
    }

    [Fact]
    public async Task Keeps_the_headers_of_the_caller()
    {
        await _gateway.StartAsync(_a);
        using var ask = new HttpRequestMessage(HttpMethod.Post, _gateway.Address + "/v2/models/fraud/infer?x=1") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        ask.Headers.Add("X-Request-Id", "mine-1");
        ask.Headers.Add("X-Assignment-Key", "user-7");
        ask.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        using var answer = await _gateway.Client.SendAsync(ask);

        var (headers, body) = Assert.Single(_a.Received);
        Assert.Equal("mine-1", headers["X-Request-Id"]);
        Assert.Equal("user-7", headers["X-Assignment-Key"]);
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", headers["traceparent"]);
        Assert.Equal("{}", body);
        Assert.Equal(new Uri(_a.Peer.Address).Authority, headers.Host);
    }

    [Fact]
    public async Task A_body_over_the_limit_arrives_whole_but_is_not_sent_twice()
    {
        _a.Answer = Unavailable;
        _b.Answer = Unavailable;
        _gateway.Remember(_a, _b);
        await _gateway.StartAsync(new Dictionary<string, string?> { ["Gateway__RetryBodyLimit"] = "1000" });
        var body = new string('x', 300_000);

        using var answer = await _gateway.Client.PostAsync(_gateway.Address + "/predict/fraud", new StringContent(body));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(body, Assert.Single(_a.Received.Concat(_b.Received)).Body);
    }

    [Fact]
    public async Task Says_504_when_the_time_is_over()
    {
        _a.Answer = context => Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        _gateway.Remember(_a);
        await _gateway.StartAsync(new Dictionary<string, string?> { ["Gateway__RequestTimeout"] = "00:00:00.5" });

        using var answer = await _gateway.Client.PostAsync(_gateway.Address + "/predict/fraud", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("\"code\":\"DeadlineExceeded\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(answer.Headers.Contains("X-Request-Id"));
    }

    [Fact]
    public async Task Gives_a_slow_node_less()
    {
        _a.Answer = async context =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            await context.Response.WriteAsync("a");
        };
        await _gateway.StartAsync(_a, _b);
        await using var load = OpenLoopLoad.Start(200, _gateway.Address + "/predict/fraud", "{}"u8.ToArray());

        await Eventually.TrueAsync(() => load.History.Count > 600, TimeSpan.FromSeconds(20), "load runs");
        var all = await load.StopAsync();

        Assert.DoesNotContain(all, request => request.Failed);
        Assert.True(_b.Received.Count > 2 * _a.Received.Count, $"slow {_a.Received.Count}, fast {_b.Received.Count}");
    }

    [Fact]
    public async Task Counts_requests_and_retries()
    {
        _a.Answer = Unavailable;
        await _gateway.StartAsync(_a, _b);
        for (var i = 0; i < 4; i++)
            await _gateway.AskAsync();

        var metrics = await _gateway.Client.GetStringAsync(_gateway.Address + "/metrics");

        Assert.Contains("gateway_requests_total{status=\"2xx\"} 4", metrics, StringComparison.Ordinal);
        Assert.Contains($"gateway_retries_total {_a.Received.Count}", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_node_ready{node=\"b\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_request_duration_seconds_count 4", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F71_Terminate_under_load_fails_no_request_of_those_who_heed_its_health()
    {
        await _gateway.StartAsync(_a);
        await using var load = OpenLoopLoad.Start(300, _gateway.Address + "/predict/fraud", "{}"u8.ToArray());
        await Eventually.TrueAsync(() => load.History.Count > 300, TimeSpan.FromSeconds(20), "load under way");

        _gateway.Process.SendTerminate();
        await Eventually.TrueAsync(async () => (int)(await _gateway.Client.GetAsync(_gateway.Address + "/healthz/ready")).StatusCode == 503, TimeSpan.FromSeconds(10), "it is not ready");
        var history = await load.StopAsync();

        Assert.DoesNotContain(history, request => request.Failed);
        Assert.Equal(0, await _gateway.Process.WaitForExitAsync(TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task Terminate_answers_what_is_under_way_and_ends_with_zero()
    {
        var arrived = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        _a.Answer = async context =>
        {
            arrived.SetResult();
            await go.Task;
            await context.Response.WriteAsync("late");
        };
        await _gateway.StartAsync(_a);
        var asking = _gateway.AskAsync();
        await arrived.Task;

        _gateway.Process.SendTerminate();
        await Eventually.TrueAsync(() => _gateway.Process.Output.Contains("shutting down", StringComparison.Ordinal), TimeSpan.FromSeconds(10), "it is stopping");
        go.SetResult();

        Assert.Equal("late", await asking);
        Assert.Equal(0, await _gateway.Process.WaitForExitAsync(TimeSpan.FromSeconds(15)));
    }

    private static Task Unavailable(HttpContext context)
    {
        context.Response.StatusCode = 503;
        return context.Response.WriteAsync("NothingLoaded");
    }
}

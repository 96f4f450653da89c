using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Serving.Gateway.Tests;

/// <summary>gRPC as it travels: frames and trailers over HTTP/2.</summary>
public sealed class GrpcTests : IAsyncDisposable
{
    private const string Unary = "/inference.GRPCInferenceService/ModelInfer";
    private const string Stream = "/inference.GRPCInferenceService/ModelStreamInfer";
    private static readonly byte[] _frame = [0, 0, 0, 0, 1, 42];
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(20);

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
    public async Task Trailers_reach_the_caller()
    {
        _a.Answer = context => AnswerAsync(context, "0", ("x-note", "last"));
        await _gateway.StartAsync(_a);

        using var answer = await AskAsync();
        var body = await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal(_frame, body);
        Assert.Equal(("0", "last"), (answer.TrailingHeaders.GetValues("grpc-status").Single(), answer.TrailingHeaders.GetValues("x-note").Single()));
    }

    [Fact]
    public async Task A_node_that_is_unavailable_is_bettered_by_another()
    {
        _a.Answer = context => RefuseAsync(context, "14");
        _b.Answer = context => AnswerAsync(context, "0");
        await _gateway.StartAsync(_a, _b);

        for (var i = 0; i < 6; i++)
        {
            using var answer = await AskAsync();
            Assert.Equal(_frame, await answer.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal(6, _b.Received.Count);
        Assert.NotEmpty(_a.Received);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("4")]
    [InlineData("5")]
    [InlineData("8")]
    [InlineData("13")]
    public async Task Other_statuses_are_asked_once(string status)
    {
        _a.Answer = context => RefuseAsync(context, status);
        _b.Answer = context => RefuseAsync(context, status);
        await _gateway.StartAsync(_a, _b);

        using var answer = await AskAsync();
        await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal(status, StatusOf(answer));
        Assert.Equal(1, _a.Received.Count + _b.Received.Count);
    }

    [Fact]
    public async Task No_node_at_all_is_said_as_gRPC_says_it()
    {
        await _a.DisposeAsync();
        await _gateway.StartAsync(_a);

        using var answer = await AskAsync();
        await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal("14", StatusOf(answer));
    }

    [Fact]
    public async Task H68_A_service_nobody_may_call_is_unimplemented()
    {
        await _gateway.StartAsync(_a);

        using var answer = await AskAsync("/inference.Secret/Do");
        await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal("12", StatusOf(answer));
        Assert.Empty(_a.Lines);
    }

    [Fact]
    public async Task A_stream_passes_each_message_as_it_comes()
    {
        _a.Converse = EchoAsync;
        await _gateway.StartAsync(_a);
        using var talk = await Conversation.StartAsync(_gateway.Http2Address + Stream);

        for (var i = 0; i < 3; i++)
        {
            await talk.SayAsync(_frame);
            Assert.Equal(_frame, await talk.HearAsync(_frame.Length).WaitAsync(_soon));
        }

        talk.End();
        Assert.Empty(await talk.HearAsync(1).WaitAsync(_soon));
        Assert.Equal("0", talk.Answer.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task A_stream_may_be_quiet_for_longer_than_a_body_may()
    {
        _a.Converse = EchoAsync;
        await _gateway.StartAsync(_a);
        using var talk = await Conversation.StartAsync(_gateway.Http2Address + Stream);
        await talk.SayAsync(_frame);
        await talk.HearAsync(_frame.Length).WaitAsync(_soon);

        // The web server ends a body of which less than 240 bytes a second arrive, after five seconds of grace.
        using var silence = new PeriodicTimer(TimeSpan.FromSeconds(8), TimeProvider.System);
        await silence.WaitForNextTickAsync();
        await talk.SayAsync(_frame);

        Assert.Equal(_frame, await talk.HearAsync(_frame.Length).WaitAsync(_soon));
    }

    [Fact]
    public async Task A_stream_whose_node_breaks_off_is_not_given_to_another()
    {
        _a.Converse = BreakOffAsync;
        _b.Converse = BreakOffAsync;
        await _gateway.StartAsync(_a, _b);
        using var talk = await Conversation.StartAsync(_gateway.Http2Address + Stream);
        await talk.SayAsync(_frame);

        await Assert.ThrowsAnyAsync<Exception>(() => talk.HearAsync(_frame.Length).WaitAsync(_soon));

        Assert.Equal(1, _a.Lines.Count + _b.Lines.Count);
    }

    private async Task<HttpResponseMessage> AskAsync(string path = Unary)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, _gateway.Http2Address + path)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(_frame),
        };
        ask.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        ask.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return await _gateway.Client.SendAsync(ask);
    }

    /// <summary>In the head where there is no body, else behind it.</summary>
    private static string StatusOf(HttpResponseMessage answer) =>
        (answer.Headers.TryGetValues("grpc-status", out var head) ? head : answer.TrailingHeaders.GetValues("grpc-status")).Single();

    private static async Task AnswerAsync(HttpContext context, string status, params (string Name, string Value)[] more)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(_frame);
        context.Response.AppendTrailer("grpc-status", status);
        foreach (var (name, value) in more)
            context.Response.AppendTrailer(name, value);
    }

    private static Task RefuseAsync(HttpContext context, string status)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = status;
        return Task.CompletedTask;
    }

    private static async Task EchoAsync(HttpContext context)
    {
        context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        var buffer = new byte[64];
        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var read)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
            await context.Response.Body.FlushAsync();
        }

        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task BreakOffAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        await context.Request.Body.ReadExactlyAsync(new byte[_frame.Length]);
        context.Abort();
    }
}

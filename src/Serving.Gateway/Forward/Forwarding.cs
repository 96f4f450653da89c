using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Serving.Gateway.Hosting;
using Serving.Gateway.Nodes;
using Yarp.ReverseProxy.Forwarder;

namespace Serving.Gateway.Forward;

/// <summary>
/// Gives a request to the less loaded of two nodes and, when that one fails or is not able before it began to answer, once to another.
/// A prediction changes nothing, so asking twice is harmless.
/// </summary>
internal sealed class Forwarding : IDisposable
{
    private static readonly ForwarderRequestConfig _http1 = new() { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private static readonly ForwarderRequestConfig _http2 = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    /// <summary>How long a stream may be quiet: a caller that is gone without a word must not hold it for ever.</summary>
    private static readonly ForwarderRequestConfig _stream = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = TimeSpan.FromHours(1) };

    private readonly IHttpForwarder _forwarder;
    private readonly NodeList _nodes;
    private readonly GatewayOptions _options;
    private readonly GatewayCounters _counters;
    private readonly Drain _drain;
    private readonly TimeProvider _time;
    private readonly Deadlines _deadlines;
    private readonly HttpMessageInvoker _client;

    public Forwarding(IHttpForwarder forwarder, NodeList nodes, GatewayOptions options, GatewayCounters counters, Drain drain, TimeProvider time)
    {
        (_forwarder, _nodes, _options, _counters, _drain, _time, _deadlines) = (forwarder, nodes, options, counters, drain, time, new Deadlines(time));
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = null,
        });
    }

    public static bool IsGrpc(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    public async Task ForwardAsync(HttpContext context)
    {
        var began = _time.GetTimestamp();
        var requestId = RequestIds.Of(context.Request, _time);
        if (_drain.IsDraining && HttpProtocol.IsHttp11(context.Request.Protocol))
            context.Response.Headers.Connection = "close";
        try
        {
            await SendAsync(context, requestId, began);
        }
        finally
        {
            _counters.Finished(context.Response.StatusCode, _time.GetElapsedTime(began));
        }
    }

    /// <summary>For paths that nobody may use.</summary>
    public async Task RefuseAsync(HttpContext context)
    {
        await Refusal.NoPath.WriteAsync(context, RequestIds.Of(context.Request, _time));
        _counters.Finished(context.Response.StatusCode, TimeSpan.Zero);
    }

    public void Dispose() => _client.Dispose();

    private async Task SendAsync(HttpContext context, string requestId, long began)
    {
        var http2 = IsGrpc(context.Request);
        var node = _nodes.Pick(http2);
        if (node is null)
        {
            await Refusal.NoNode.WriteAsync(context, requestId);
            return;
        }

        // The web server would end a body of which nothing comes for some seconds.
        if (SecondAttempt.IsStream(context.Request) && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var isHarmless = SecondAttempt.IsHarmless(context.Request);
        using var body = new KeptBody(context.Request.Body, isHarmless ? _options.RetryBodyLimit : 0);
        if (await AttemptAsync(context, node, body, http2, mayRepeat: isHarmless && _nodes.HasOther(node, http2), Left(context, began)))
            return;

        if (isHarmless && body.CanRepeat && Left(context, began) != TimeSpan.Zero && _nodes.LeastLoaded(except: node, http2) is { } other)
        {
            _counters.Retried();
            context.Response.Clear();
            if (await AttemptAsync(context, other, body, http2, mayRepeat: false, Left(context, began)))
                return;
        }

        await (Left(context, began) == TimeSpan.Zero ? Refusal.Deadline : Refusal.NodeFailed).WriteAsync(context, requestId);
    }

    /// <returns>True: there is nothing more to do, the client has an answer or is gone. False: nothing was answered yet.</returns>
    private async Task<bool> AttemptAsync(HttpContext context, NodeTarget node, KeptBody body, bool http2, bool mayRepeat, TimeSpan left)
    {
        var isStream = left == Timeout.InfiniteTimeSpan;
        var transformer = new AttemptTransformer(mayRepeat ? body : null, node, _nodes, http2, isStream);
        var (address, config) = http2 ? (node.Peer.Http2Address!, isStream ? _stream : _http2) : (node.Peer.Address, _http1);
        context.Request.Body = body.Begin();
        var stop = _deadlines.Rent(left);
        // A node that hangs is left only when there is another one to go to.
        var silent = mayRepeat ? node.Silent.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), stop) : default;
        node.Enter();
        try
        {
            var error = await _forwarder.SendAsync(context, address, _client, config, transformer, stop.Token);
            if (error == ForwarderError.None)
                return !transformer.HasKeptBack;
            if (error is ForwarderError.Request or ForwarderError.RequestBodyDestination)
                node.Failed();
            return context.Response.HasStarted || context.RequestAborted.IsCancellationRequested || error == ForwarderError.RequestBodyClient;
        }
        finally
        {
            node.Leave();
            await silent.DisposeAsync();
            _deadlines.Return(stop);
        }
    }

    /// <returns>Zero: the time is over. Infinite for streams, which end when nothing is said for a while.</returns>
    private TimeSpan Left(HttpContext context, long began)
    {
        if (SecondAttempt.IsStream(context.Request))
            return Timeout.InfiniteTimeSpan;
        var left = _options.RequestTimeout - _time.GetElapsedTime(began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}

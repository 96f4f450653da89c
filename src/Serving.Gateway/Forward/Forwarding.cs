using System.Net;
using Serving.Gateway.Hosting;
using Serving.Gateway.Nodes;
using Yarp.ReverseProxy.Forwarder;

namespace Serving.Gateway.Forward;

/// <summary>
/// Gives a request to the less loaded of two nodes and, when that one fails or says 503 before it began to answer, once to another.
/// A prediction changes nothing, so asking twice is harmless.
/// </summary>
internal sealed class Forwarding : IDisposable
{
    public const string RequestIdHeader = "X-Request-Id";

    private static readonly ForwarderRequestConfig _http1 = new() { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private static readonly ForwarderRequestConfig _http2 = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private readonly IHttpForwarder _forwarder;
    private readonly NodeList _nodes;
    private readonly GatewayOptions _options;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public Forwarding(IHttpForwarder forwarder, NodeList nodes, GatewayOptions options, GatewayCounters counters, TimeProvider time)
    {
        (_forwarder, _nodes, _options, _counters, _time) = (forwarder, nodes, options, counters, time);
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
        var requestId = RequestIdOf(context);
        try
        {
            await SendAsync(context, requestId);
        }
        finally
        {
            _counters.Finished(context.Response.StatusCode, _time.GetElapsedTime(began));
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task SendAsync(HttpContext context, string requestId)
    {
        var http2 = IsGrpc(context.Request);
        var node = _nodes.Pick(except: null, http2);
        if (node is null)
        {
            await Refusal.NoNode.WriteAsync(context, requestId);
            return;
        }

        using var deadline = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var body = new KeptBody(context.Request.Body, _options.RetryBodyLimit);
        if (await AttemptAsync(context, node, body, http2, isFirst: true, deadline.Token))
            return;

        if (!deadline.IsCancellationRequested && body.CanRepeat && _nodes.Pick(except: node, http2) is { } other)
        {
            _counters.Retried();
            context.Response.Clear();
            if (await AttemptAsync(context, other, body, http2, isFirst: false, deadline.Token))
                return;
        }

        await (deadline.IsCancellationRequested ? Refusal.Deadline : Refusal.NodeFailed).WriteAsync(context, requestId);
    }

    /// <returns>True: there is nothing more to do, the client has an answer or is gone. False: nothing was answered yet.</returns>
    private async Task<bool> AttemptAsync(HttpContext context, NodeTarget node, KeptBody body, bool http2, bool isFirst, CancellationToken deadline)
    {
        var hasOther = isFirst && _nodes.HasOther(node, http2);
        var transformer = new AttemptTransformer(hasOther ? body : null);

        // A node that hangs is left only when there is another one to go to.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline, hasOther ? node.Silent : CancellationToken.None);
        var (address, config) = http2 ? (node.Peer.Http2Address!, _http2) : (node.Peer.Address, _http1);
        context.Request.Body = body.Begin();
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
        }
    }

    private string RequestIdOf(HttpContext context)
    {
        if (context.Request.Headers.TryGetValue(RequestIdHeader, out var given) && given.ToString() is { Length: > 0 } known)
            return known;

        // Made here and not by the node, so that both attempts are one request in the log.
        var made = Guid.CreateVersion7(_time.GetUtcNow()).ToString();
        context.Request.Headers[RequestIdHeader] = made;
        return made;
    }
}

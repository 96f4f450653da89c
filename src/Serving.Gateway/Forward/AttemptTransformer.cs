using Serving.Gateway.Nodes;
using Yarp.ReverseProxy.Forwarder;

namespace Serving.Gateway.Forward;

/// <summary>Passes headers on as they are; an answer that another node may better it keeps back.</summary>
/// <param name="body">Null: this attempt's answer is the last one.</param>
/// <param name="isStream">The head of the answer goes out before there is any of its body: some callers wait for it before they say anything.</param>
internal sealed class AttemptTransformer(KeptBody? body, NodeTarget node, NodeList nodes, bool http2, bool isStream) : HttpTransformer
{
    public bool HasKeptBack { get; private set; }

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Headers.Host = null;
    }

    public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        HasKeptBack = proxyResponse is not null && body is { CanRepeat: true } && SecondAttempt.IsWorthIt(proxyResponse, node, nodes, http2);
        return HasKeptBack ? ValueTask.FromResult(false)
            : isStream ? PassAtOnceAsync(httpContext, proxyResponse, cancellationToken)
            : base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }

    private async ValueTask<bool> PassAtOnceAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var passes = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (passes && proxyResponse is not null)
            await httpContext.Response.Body.FlushAsync(cancellationToken);
        return passes;
    }
}

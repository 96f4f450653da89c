using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace Serving.Gateway.Forward;

/// <summary>Passes headers on as they are; a 503 it keeps back while another node may do better.</summary>
/// <param name="body">Null: there is no other node to ask.</param>
internal sealed class AttemptTransformer(KeptBody? body) : HttpTransformer
{
    public bool HasKeptBack { get; private set; }

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Headers.Host = null;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        HasKeptBack = proxyResponse?.StatusCode == HttpStatusCode.ServiceUnavailable && body is { CanRepeat: true };
        return !HasKeptBack && await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }
}

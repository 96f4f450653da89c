using System.Net;
using Serving.Gateway.Nodes;

namespace Serving.Gateway.Forward;

/// <summary>When a request may go to another node, and after which answers it does (decision 18).</summary>
internal static class SecondAttempt
{
    private const string GrpcStatus = "grpc-status";
    private const string ResourceExhausted = "8";
    private const string Unavailable = "14";
    private const string Outcomes = "/outcomes";
    private const string Stream = "/ModelStreamInfer";

    /// <summary>A stream is a conversation: what was said before belongs to the node that heard it.</summary>
    public static bool IsStream(HttpRequest request) => Forwarding.IsGrpc(request) && request.Path.Value!.EndsWith(Stream, StringComparison.Ordinal);

    /// <summary>Predictions and questions change nothing, whatever their method; an outcome is added to others.</summary>
    public static bool IsHarmless(HttpRequest request) => !request.Path.StartsWithSegments(Outcomes, StringComparison.OrdinalIgnoreCase) && !IsStream(request);

    /// <summary>Whether another node could do better. What is wrong with the request, or took its time, stays wrong or late elsewhere.</summary>
    public static bool IsWorthIt(HttpResponseMessage answer, NodeTarget asked, NodeList nodes, bool http2) => answer.StatusCode switch
    {
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable => nodes.HasOther(asked, http2),
        HttpStatusCode.TooManyRequests => nodes.HasLessLoaded(asked, http2),
        HttpStatusCode.OK when http2 && answer.Headers.NonValidated.TryGetValues(GrpcStatus, out var status) => status.ToString() switch
        {
            Unavailable => nodes.HasOther(asked, http2),
            ResourceExhausted => nodes.HasLessLoaded(asked, http2),
            _ => false,
        },
        _ => false,
    };
}

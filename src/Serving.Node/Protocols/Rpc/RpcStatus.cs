using Grpc.Core;
using Serving.Node.Respond;

namespace Serving.Node.Protocols.Rpc;

/// <summary>Failures as gRPC says them.</summary>
internal static class RpcStatus
{
    public static RpcException Of(Failure failure) => new(new Status(CodeOf(failure.Status), failure.Message));

    public static StatusCode CodeOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status405MethodNotAllowed or StatusCodes.Status501NotImplemented => StatusCode.Unimplemented,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status499ClientClosedRequest => StatusCode.Cancelled,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
        >= 500 => StatusCode.Internal,
        _ => StatusCode.InvalidArgument,
    };
}

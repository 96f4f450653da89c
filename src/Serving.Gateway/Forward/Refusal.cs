using System.Text.Json.Nodes;

namespace Serving.Gateway.Forward;

/// <summary>Answers that the gateway gives itself, because no node did.</summary>
internal sealed record Refusal(int Status, string Code, string Detail, string GrpcStatus)
{
    private const string Unavailable = "14";
    private const string DeadlineExceeded = "4";
    private const string Unimplemented = "12";

    public static readonly Refusal NoPath = new(StatusCodes.Status404NotFound, "UnknownPath", "There is no such path.", Unimplemented);

    public static readonly Refusal NoNode = new(StatusCodes.Status503ServiceUnavailable, "NoNode", "The gateway knows no node of this environment.", Unavailable);

    public static readonly Refusal NodeFailed = new(StatusCodes.Status502BadGateway, "NodeFailed", "The node did not answer, and no other node could be asked.", Unavailable);

    public static readonly Refusal Deadline = new(StatusCodes.Status504GatewayTimeout, "DeadlineExceeded", "No node answered in time.", DeadlineExceeded);

    public async Task WriteAsync(HttpContext context, string requestId)
    {
        var response = context.Response;
        response.Clear();
        response.Headers[RequestIds.Header] = requestId;
        if (Forwarding.IsGrpc(context.Request))
        {
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = GrpcStatus;
            response.Headers["grpc-message"] = Code;
            return;
        }

        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        if (Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";
        var problem = new JsonObject
        {
            ["title"] = Detail,
            ["status"] = Status,
            ["code"] = Code,
            ["requestId"] = requestId,
            ["error"] = Detail, // where the Open Inference Protocol looks for it
        };
        await response.WriteAsync(problem.ToJsonString(), context.RequestAborted);
    }
}

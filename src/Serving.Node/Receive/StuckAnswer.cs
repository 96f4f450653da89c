using Serving.Node.Respond;

namespace Serving.Node.Receive;

/// <summary>Answers a request whose own thread is inside a run that does not end, and that is not to touch its answer any more.</summary>
internal static class StuckAnswer
{
    private const string GrpcDeadlineExceeded = "4";

    /// <returns>Ends when the answer is sent, or cannot be; throws nothing.</returns>
    public static async Task SendAsync(Exchange exchange)
    {
        var given = TimeSpan.FromMicroseconds(Prediction.Given(exchange));
        // Now and not when the run ends, which may be never.
        exchange.Arm.Counters.Answered(StatusCodes.Status504GatewayTimeout, given, default, exchange.Rows, unassigned: false);
        if (exchange.Http is not { } http)
            return;
        var buffer = ResponseBuffer.Rent();
        try
        {
            await SendAsync(exchange, http, Failure.Deadline(given), buffer);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The caller has gone, or had part of an answer.
            http.Abort();
        }
        finally
        {
            buffer.Return();
        }
    }

    private static async Task SendAsync(Exchange exchange, HttpContext http, Failure failure, ResponseBuffer buffer)
    {
        var response = http.Response;
        if (response.HasStarted)
        {
            http.Abort();
            return;
        }

        if (http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            // An answer of trailers alone.
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = GrpcDeadlineExceeded;
            response.Headers["grpc-message"] = failure.Message;
        }
        else
        {
            // The next request on this connection would wait for the run.
            if (HttpProtocol.IsHttp11(http.Request.Protocol))
                response.Headers.Connection = "close";
            await buffer.SendAsync(response, failure.Status, exchange.WriteFailure(buffer, failure));
        }

        await response.CompleteAsync();
    }
}

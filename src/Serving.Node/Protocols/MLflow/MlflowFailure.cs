using Serving.Node.Respond;

namespace Serving.Node.Protocols.MLflow;

/// <summary><c>{"error_code": "BAD_REQUEST", "message": "…"}</c>; a wrong content type and a timeout are plain text.</summary>
internal static class MlflowFailure
{
    private const string Text = "text/plain; charset=utf-8";

    /// <returns>The content type.</returns>
    public static string Write(ResponseBuffer into, Failure failure)
    {
        if (failure.Status == StatusCodes.Status504GatewayTimeout)
        {
            into.Append("Request processing time exceeded limit"u8);
            return Text;
        }

        if (failure.Status == StatusCodes.Status415UnsupportedMediaType)
        {
            into.Append(System.Text.Encoding.UTF8.GetBytes(failure.Message));
            return Text;
        }

        var json = into.Json;
        json.WriteStartObject();
        json.WriteString("error_code"u8, CodeOf(failure));
        json.WriteString("message"u8, failure.Message);
        json.WriteEndObject();
        return "application/json";
    }

    private static string CodeOf(Failure failure) => failure.Status switch
    {
        StatusCodes.Status404NotFound when failure.Code == "UnknownEndpoint" => "ENDPOINT_NOT_FOUND",
        StatusCodes.Status404NotFound => "RESOURCE_DOES_NOT_EXIST",
        StatusCodes.Status429TooManyRequests => "REQUEST_LIMIT_EXCEEDED",
        StatusCodes.Status499ClientClosedRequest => "CANCELLED",
        StatusCodes.Status503ServiceUnavailable => "TEMPORARILY_UNAVAILABLE",
        >= 500 => "INTERNAL_ERROR",
        _ => "BAD_REQUEST",
    };
}

using Serving.Node.Respond;

namespace Serving.Node.Protocols.TorchServe;

/// <summary><c>{"code": 404, "type": "ModelNotFoundException", "message": "…"}</c>.</summary>
internal static class TorchServeFailure
{
    /// <returns>The content type.</returns>
    public static string Write(ResponseBuffer into, Failure failure)
    {
        var json = into.Json;
        json.WriteStartObject();
        json.WriteNumber("code"u8, failure.Status);
        json.WriteString("type"u8, TypeOf(failure));
        json.WriteString("message"u8, failure.Message);
        json.WriteEndObject();
        return "application/json";
    }

    private static string TypeOf(Failure failure) => failure.Status switch
    {
        StatusCodes.Status400BadRequest or StatusCodes.Status415UnsupportedMediaType => "BadRequestException",
        StatusCodes.Status404NotFound when failure.Code == "UnknownVersion" => "ModelVersionNotFoundException",
        StatusCodes.Status404NotFound => "ModelNotFoundException",
        StatusCodes.Status405MethodNotAllowed => "MethodNotAllowedException",
        StatusCodes.Status413PayloadTooLarge => "RequestEntityTooLargeException",
        StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable => "ServiceUnavailableException",
        StatusCodes.Status501NotImplemented => "NotImplementedException",
        StatusCodes.Status504GatewayTimeout => "RequestTimeoutException",
        _ => "InternalServerException",
    };
}

using System.Text.Json;

namespace Serving.Node.Respond;

/// <summary>Writes a failure in the forms that the protocols expect.</summary>
internal static class FailureWriter
{
    /// <summary>Problem details, as the native protocol answers.</summary>
    /// <returns>The content type.</returns>
    public static string WriteProblem(ResponseBuffer into, Failure failure, string requestId)
    {
        var json = into.Json;
        json.WriteStartObject();
        json.WriteString("title"u8, failure.Code);
        json.WriteNumber("status"u8, failure.Status);
        json.WriteString("detail"u8, failure.Message);
        json.WriteString("code"u8, failure.Code);
        if (failure.Field is not null)
            json.WriteString("field"u8, failure.Field);
        json.WriteString("requestId"u8, requestId);
        json.WriteEndObject();
        return "application/problem+json";
    }

    /// <summary><c>{"error": "…"}</c>, as the Open Inference Protocol and TensorFlow Serving answer.</summary>
    /// <returns>The content type.</returns>
    public static string WriteError(ResponseBuffer into, Failure failure)
    {
        into.Json.WriteStartObject();
        into.Json.WriteString("error"u8, failure.Message);
        into.Json.WriteEndObject();
        return "application/json";
    }
}

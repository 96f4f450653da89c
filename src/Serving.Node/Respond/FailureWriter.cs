using System.Text.Json;

namespace Serving.Node.Respond;

/// <summary>Writes a failure in the form that each protocol expects.</summary>
internal static class FailureWriter
{
    private const string RetrySeconds = "1";

    public static async Task WriteAsync(HttpResponse response, Failure failure, string requestId, bool isOpenInference, CancellationToken cancel)
    {
        if (failure.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetrySeconds;

        var buffer = ResponseBuffer.Rent();
        try
        {
            buffer.Clear();
            if (isOpenInference)
                WriteOpenInference(buffer.Json, failure);
            else
                WriteProblem(buffer.Json, failure, requestId);
            await buffer.SendAsync(response, failure.Status, isOpenInference ? "application/json" : "application/problem+json", cancel);
        }
        finally
        {
            buffer.Return();
        }
    }

    private static void WriteOpenInference(Utf8JsonWriter json, Failure failure)
    {
        json.WriteStartObject();
        json.WriteString("error"u8, failure.Message);
        json.WriteEndObject();
    }

    private static void WriteProblem(Utf8JsonWriter json, Failure failure, string requestId)
    {
        json.WriteStartObject();
        json.WriteString("title"u8, failure.Code);
        json.WriteNumber("status"u8, failure.Status);
        json.WriteString("detail"u8, failure.Message);
        json.WriteString("code"u8, failure.Code);
        if (failure.Field is not null)
            json.WriteString("field"u8, failure.Field);
        json.WriteString("requestId"u8, requestId);
        json.WriteEndObject();
    }
}

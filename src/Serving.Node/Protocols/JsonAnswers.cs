using System.Text.Json;
using Serving.Node.Respond;

namespace Serving.Node.Protocols;

/// <summary>Answers of the requests beside predictions, which need not be fast: written whole before the first byte leaves.</summary>
internal static class JsonAnswers
{
    /// <param name="write">Writes one JSON value.</param>
    public static Task SendAsync(HttpContext http, int status, Action<Utf8JsonWriter> write) => SendAsync(http, status, into =>
    {
        write(into.Json);
        return "application/json";
    });

    /// <param name="write">Writes the answer and gives its content type.</param>
    public static async Task SendAsync(HttpContext http, int status, Func<ResponseBuffer, string> write)
    {
        var buffer = ResponseBuffer.Rent();
        try
        {
            var contentType = write(buffer);
            await buffer.SendAsync(http.Response, status, contentType);
        }
        finally
        {
            buffer.Return();
        }
    }
}

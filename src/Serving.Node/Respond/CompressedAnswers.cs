using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace Serving.Node.Respond;

/// <summary>Sends long answers gzipped or deflated to callers that asked for it. Most clients ask always, and a short answer is sent sooner than packed.</summary>
internal static class CompressedAnswers
{
    private const int Least = 16 << 10;

    public static ValueTask SendAsync(ResponseBuffer buffer, HttpContext http, int status, string contentType)
    {
        buffer.Json.Flush();
        return buffer.Written.Length >= Least && Choose(http.Request.Headers.AcceptEncoding) is { } encoding
            ? PackAsync(buffer, http.Response, status, contentType, encoding)
            : buffer.SendAsync(http.Response, status, contentType);
    }

    /// <returns>Null: as it is.</returns>
    public static string? Choose(StringValues accepted)
    {
        string? chosen = null;
        foreach (var part in accepted.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, quality) = part.Split(';', StringSplitOptions.TrimEntries) is [var first, .. var rest] ? (first, string.Concat(rest)) : (part, "");
            if (quality is "q=0" or "q=0.0" or "q=0.00" or "q=0.000")
                continue;
            if (name.Equals("gzip", StringComparison.OrdinalIgnoreCase))
                return "gzip";
            if (name.Equals("deflate", StringComparison.OrdinalIgnoreCase))
                chosen = "deflate";
        }

        return chosen;
    }

    private static async ValueTask PackAsync(ResponseBuffer buffer, HttpResponse response, int status, string contentType, string encoding)
    {
        using var packed = new MemoryStream(buffer.Written.Length / 2);
        await using (Stream packing = encoding == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true) : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await packing.WriteAsync(buffer.Written, CancellationToken.None);
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = packed.Length;
        response.Headers.ContentEncoding = encoding;
        response.Headers.Vary = "Accept-Encoding";
        await response.Body.WriteAsync(packed.GetBuffer().AsMemory(0, (int)packed.Length), CancellationToken.None);
    }
}

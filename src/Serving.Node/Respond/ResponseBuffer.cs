using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serving.Node.Respond;

/// <summary>
/// Where an answer is written before its first byte is sent, so that a failure halfway is still a whole error. One a thread, used again.
/// </summary>
internal sealed class ResponseBuffer
{
    private const int KeptCapacity = 1 << 20;

    // Answers are JSON, never a part of a page: only what JSON itself asks for is escaped.
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ResponseBuffer? _idle;

    private ArrayBufferWriter<byte> _bytes = new(4096);

    private ResponseBuffer() => Json = new Utf8JsonWriter(_bytes, _options);

    /// <summary>Appends JSON; flushed before <see cref="Bytes"/> is written to and before the answer is sent.</summary>
    public Utf8JsonWriter Json { get; }

    public IBufferWriter<byte> Bytes => _bytes;

    /// <summary>What was written and flushed.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    public static ResponseBuffer Rent()
    {
        var buffer = _idle ?? new ResponseBuffer();
        _idle = null;
        return buffer;
    }

    /// <summary>The buffer is not used by the caller any more.</summary>
    public void Return()
    {
        if (_bytes.Capacity > KeptCapacity)
            _bytes = new ArrayBufferWriter<byte>(4096);
        Clear();
        _idle = this;
    }

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        Json.Reset(_bytes);
    }

    /// <summary>Bytes as they are, after the JSON written so far.</summary>
    public void Append(ReadOnlySpan<byte> raw)
    {
        Json.Flush();
        _bytes.Write(raw);
    }

    public ValueTask SendAsync(HttpResponse response, int status, string contentType)
    {
        Json.Flush();
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = _bytes.WrittenCount;
        var flush = response.BodyWriter.WriteAsync(_bytes.WrittenMemory, CancellationToken.None);
        return flush.IsCompletedSuccessfully ? ValueTask.CompletedTask : AwaitAsync(flush);
    }

    private static async ValueTask AwaitAsync(ValueTask<System.IO.Pipelines.FlushResult> flush) => await flush;
}

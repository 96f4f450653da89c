using System.Buffers;
using System.IO.Pipelines;
using Serving.Node.Tensors;

namespace Serving.Node.Receive;

/// <summary>A request body in one piece of memory: where the server received it when it came in one piece, else from a pool.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly PipeReader? _reader;
    private readonly SequencePosition _end;
    private readonly byte[]? _rented;

    private RequestBody(PipeReader reader, in ReadOnlySequence<byte> whole)
    {
        _reader = reader;
        _end = whole.End;
        Memory = whole.First;
    }

    private RequestBody(byte[] rented, int length)
    {
        _rented = rented;
        Memory = rented.AsMemory(0, length);
    }

    /// <summary>Until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Memory { get; }

    /// <exception cref="BadInputException">413: longer than <paramref name="most"/> bytes; nothing beyond that is kept.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, long most)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encodings && encodings.ToString() is { Length: > 0 } encoding && encoding != "identity")
        {
            var (rented, length) = await EncodedBody.ReadAsync(request, encoding, most);
            return new RequestBody(rented, length);
        }

        if (request.ContentLength > most)
            throw TooLong(most);

        var reader = request.BodyReader;
        while (true)
        {
            // A caller who goes away ends the read by itself; asking for the token of it would allocate one a request.
            var read = await reader.ReadAsync(CancellationToken.None);
            if (read.Buffer.Length > most)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLong(most);
            }

            if (read.IsCompleted)
                return read.Buffer.IsSingleSegment ? new RequestBody(reader, read.Buffer) : Copy(reader, read.Buffer);
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public void Dispose()
    {
        _reader?.AdvanceTo(_end);
        if (_rented is { Length: > 0 })
            ArrayPool<byte>.Shared.Return(_rented);
    }

    private static RequestBody Copy(PipeReader reader, in ReadOnlySequence<byte> whole)
    {
        var length = (int)whole.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        whole.CopyTo(rented);
        reader.AdvanceTo(whole.End);
        return new RequestBody(rented, length);
    }

    public static BadInputException TooLong(long most) =>
        new("body", $"The body is longer than the {most} bytes this endpoint takes.", StatusCodes.Status413PayloadTooLarge);
}

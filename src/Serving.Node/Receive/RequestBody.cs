using System.Buffers;
using System.IO.Pipelines;
using Serving.Node.Tensors;

namespace Serving.Node.Receive;

/// <summary>A request body in one piece of memory, taken from a pool.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly byte[] _rented;
    private readonly int _length;

    private RequestBody(byte[] rented, int length)
    {
        _rented = rented;
        _length = length;
    }

    public ReadOnlySpan<byte> Span => _rented.AsSpan(0, _length);

    public ReadOnlyMemory<byte> Memory => _rented.AsMemory(0, _length);

    /// <exception cref="BadInputException">413: longer than <paramref name="most"/> bytes; nothing beyond that is kept.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, long most, CancellationToken cancel)
    {
        if (request.ContentLength > most)
            throw TooLong(most);

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancel);
            if (read.Buffer.Length > most)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLong(most);
            }

            if (read.IsCompleted)
                return Copy(reader, read.Buffer);
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public void Dispose()
    {
        if (_rented is { Length: > 0 })
            ArrayPool<byte>.Shared.Return(_rented);
    }

    private static RequestBody Copy(PipeReader reader, ReadOnlySequence<byte> whole)
    {
        var length = (int)whole.Length;
        var rented = length == 0 ? [] : ArrayPool<byte>.Shared.Rent(length);
        whole.CopyTo(rented);
        reader.AdvanceTo(whole.End);
        return new RequestBody(rented, length);
    }

    private static BadInputException TooLong(long most) =>
        new("body", $"The body is longer than the {most} bytes this endpoint takes.", StatusCodes.Status413PayloadTooLarge);
}

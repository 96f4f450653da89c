using System.Buffers;
using System.IO.Compression;
using Serving.Node.Tensors;

namespace Serving.Node.Receive;

/// <summary>Bodies that were compressed on the way: unpacked as far as the endpoint's limit, so that a small body cannot become a large one.</summary>
internal static class EncodedBody
{
    private const int FirstBytes = 16 << 10;

    /// <returns>Rented from the shared pool, and how much of it is the body.</returns>
    /// <exception cref="BadInputException">413 beyond <paramref name="most"/> bytes, 415 for an encoding that is not read, 400 for what is not of its encoding.</exception>
    public static async ValueTask<(byte[] Rented, int Length)> ReadAsync(HttpRequest request, string encoding, long most)
    {
        await using var unpacked = Unpack(request.Body, encoding);
        var rented = ArrayPool<byte>.Shared.Rent((int)Math.Min(FirstBytes, most + 1));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await unpacked.ReadAsync(rented.AsMemory(length), request.HttpContext.RequestAborted);
                length += read;
                if (length > most)
                    throw RequestBody.TooLong(most);
                if (read == 0)
                    return (rented, length);
                if (length == rented.Length)
                    rented = Grown(rented, most);
            }
        }
        catch (InvalidDataException broken)
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw new BadInputException("body", $"The body is not of the encoding {encoding} that its headers say: {broken.Message}");
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
    }

    private static Stream Unpack(Stream body, string encoding) => encoding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
        "deflate" => new ZLibStream(body, CompressionMode.Decompress),
        _ => throw new BadInputException("Content-Encoding", $"Bodies of the encoding {encoding} are not read here; send gzip, deflate or none.", StatusCodes.Status415UnsupportedMediaType),
    };

    private static byte[] Grown(byte[] rented, long most)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)rented.Length * 2, Math.Min(most + 1, Array.MaxLength)));
        rented.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(rented);
        return larger;
    }
}

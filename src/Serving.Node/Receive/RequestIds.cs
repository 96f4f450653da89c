using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Serving.Node.Receive;

/// <summary>The id every request has: the caller's own when it is fit for headers and logs, else a new UUIDv7.</summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int Longest = 64;
    private const int UuidBytes = 16;

    // The system is asked for random bytes once in a while: asking for each id took 0.4 µs.
    private const int RandomBytes = UuidBytes * 256;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _used;

    public static string Of(HttpRequest request, TimeProvider time)
    {
        if (request.Headers.TryGetValue(Header, out var values) && values.ToString() is var given && IsFit(given))
            return given;
        return New(time.GetUtcNow());
    }

    /// <summary>UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then 74 random bits. Thread-safe.</summary>
    public static string New(DateTimeOffset at)
    {
        Span<byte> uuid = stackalloc byte[UuidBytes];
        TakeRandom(uuid);
        Span<byte> milliseconds = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(milliseconds, at.ToUnixTimeMilliseconds());
        milliseconds[2..].CopyTo(uuid);
        uuid[6] = (byte)(0x70 | uuid[6] & 0x0F);
        uuid[8] = (byte)(0x80 | uuid[8] & 0x3F);
        return new Guid(uuid, bigEndian: true).ToString();
    }

    private static void TakeRandom(Span<byte> into)
    {
        var random = _random ??= new byte[RandomBytes];
        if (_used == 0)
            RandomNumberGenerator.Fill(random);
        random.AsSpan(_used, into.Length).CopyTo(into);
        _used = (_used + into.Length) % RandomBytes;
    }

    private static bool IsFit([NotNullWhen(true)] string? given)
    {
        if (string.IsNullOrEmpty(given) || given.Length > Longest)
            return false;
        foreach (var character in given)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not '-')
                return false;
        }

        return true;
    }
}

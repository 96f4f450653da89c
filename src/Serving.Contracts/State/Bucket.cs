using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Serving.Contracts.State;

/// <summary>Gives every key a fixed place between 0 and 9 999, uniform and reproducible anywhere.</summary>
public static class Bucket
{
    public const int Count = 10_000;

    private const byte Separator = 0x1F;
    private const int OnStack = 512;

    /// <summary>
    /// The first 8 bytes, big-endian, of SHA-256(salt ‖ 0x1F ‖ key) as a fraction of 2⁶⁴, times 10 000.
    /// Thread-safe; allocates nothing.
    /// </summary>
    public static int Of(ReadOnlySpan<char> salt, ReadOnlySpan<char> key)
    {
        var longest = Encoding.UTF8.GetMaxByteCount(salt.Length) + 1 + Encoding.UTF8.GetMaxByteCount(key.Length);
        var rented = longest > OnStack ? ArrayPool<byte>.Shared.Rent(longest) : null;
        var text = rented ?? stackalloc byte[OnStack];

        var length = Encoding.UTF8.GetBytes(salt, text);
        text[length++] = Separator;
        length += Encoding.UTF8.GetBytes(key, text[length..]);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);

        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);

        return (int)(((UInt128)BinaryPrimitives.ReadUInt64BigEndian(hash) * Count) >> 64);
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Serving.Contracts.Joining;

/// <summary>
/// Secrets that travel in headers: prefix, 43 characters of base64url (32 random bytes), 6 base62 digits of the CRC-32 of both.
/// The check digits let scanners and people tell a mistyped token from a revoked one. Stored as SHA-256 only.
/// </summary>
public static class Token
{
    public const string Person = "cpt_";
    public const string Node = "cpn_";
    public const string Join = "cpj_";

    private const int SecretLength = 43;
    private const int CheckLength = 6;
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static string New(string prefix)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        return WithCheck(prefix + Base64Url.EncodeToString(random));
    }

    public static bool IsWellFormed(string token, string prefix) =>
        token.Length == prefix.Length + SecretLength + CheckLength
        && token.StartsWith(prefix, StringComparison.Ordinal)
        && string.Equals(WithCheck(token[..^CheckLength]), token, StringComparison.Ordinal);

    /// <summary>What is stored: 64 hex digits.</summary>
    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static string WithCheck(string open)
    {
        Span<char> check = stackalloc char[CheckLength];
        var rest = Crc32(Encoding.ASCII.GetBytes(open));
        for (var i = CheckLength - 1; i >= 0; i--)
        {
            check[i] = Base62[(int)(rest % 62)];
            rest /= 62;
        }

        return string.Concat(open, check);
    }

    /// <remarks>ISO-HDLC, as in zip and PNG; bit by bit, since it runs once a token.</remarks>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        }

        return ~crc;
    }
}

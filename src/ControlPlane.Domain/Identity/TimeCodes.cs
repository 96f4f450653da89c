using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace ControlPlane.Domain.Identity;

/// <summary>Six digits that change every 30 seconds (RFC 6238 with HMAC-SHA-1, what authenticator apps speak).</summary>
/// <remarks>The identity library has these too, but neither says which step a code belongs to, without which it cannot be used up, nor takes its time from outside.</remarks>
public static class TimeCodes
{
    public const int Digits = 6;

    private const int Modulus = 1_000_000;
    private const int StepSeconds = 30;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>A clock may be this many steps off.</summary>
    private const int Drift = 1;

    public static string CodeAt(ReadOnlySpan<byte> key, DateTimeOffset at) => CodeOf(key, StepAt(at));

    /// <param name="after">Steps up to this one are used up: a code works once.</param>
    /// <returns>The step the code belongs to; null: to none that counts now.</returns>
    public static long? StepOf(ReadOnlySpan<byte> key, string? code, DateTimeOffset at, long after)
    {
        if (code is not { Length: Digits } || !code.All(char.IsAsciiDigit))
            return null;

        var now = StepAt(at);
        long? found = null;
        for (var step = now - Drift; step <= now + Drift; step++)
        {
            if (step > after && CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(CodeOf(key, step)), System.Text.Encoding.ASCII.GetBytes(code)))
                found = step;
        }

        return found;
    }

    /// <summary>As authenticator apps take it from a picture.</summary>
    public static string Address(ReadOnlySpan<byte> key, string issuer, string email) =>
        $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(email)}?secret={Base32(key)}&issuer={Uri.EscapeDataString(issuer)}&digits={Digits}&period={StepSeconds}";

    /// <summary>RFC 4648, without padding.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder((bytes.Length * 8 + 4) / 5);
        var (buffer, bits) = (0, 0);
        foreach (var next in bytes)
        {
            buffer = (buffer << 8) | next;
            for (bits += 8; bits >= 5; bits -= 5)
                text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            buffer &= (1 << bits) - 1;
        }

        return bits == 0 ? text.ToString() : text.Append(Alphabet[(buffer << (5 - bits)) & 31]).ToString();
    }

    private static long StepAt(DateTimeOffset at) => at.ToUnixTimeSeconds() / StepSeconds;

    private static string CodeOf(ReadOnlySpan<byte> key, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        HMACSHA1.HashData(key, counter, hash);
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 15)..]) & int.MaxValue;
        return (number % Modulus).ToString("D6", CultureInfo.InvariantCulture);
    }
}

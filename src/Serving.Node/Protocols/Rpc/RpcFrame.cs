using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Serving.Node.Respond;

namespace Serving.Node.Protocols.Rpc;

/// <summary>How gRPC puts messages, deadlines and failures into HTTP/2.</summary>
/// <remarks>grpc/grpc, doc/PROTOCOL-HTTP2.md.</remarks>
internal static class RpcFrame
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";

    /// <summary>A byte that says whether the message is compressed, and its length, big-endian.</summary>
    public const int PrefixBytes = 5;

    private const string Message = "grpc-message";
    private const int MostDigits = 8;

    /// <summary>Writes the length of a message in front of it, where <see cref="PrefixBytes"/> were left free.</summary>
    public static void Close(ReadOnlyMemory<byte> framed) =>
        BinaryPrimitives.WriteInt32BigEndian(MemoryMarshal.AsMemory(framed).Span[1..], framed.Length - PrefixBytes);

    /// <returns>The only message of a request; null: there is not exactly one, whole and uncompressed.</returns>
    public static ReadOnlyMemory<byte>? MessageOf(ReadOnlyMemory<byte> body) =>
        body.Length >= PrefixBytes && body.Span[0] == 0 && BinaryPrimitives.ReadUInt32BigEndian(body.Span[1..]) == body.Length - PrefixBytes ? body[PrefixBytes..] : null;

    /// <summary><c>grpc-timeout</c>: at most eight digits and a unit.</summary>
    /// <returns>Microseconds, at least 1; 0: none was given, or not in this form.</returns>
    public static long TimeoutOf(HttpRequest request)
    {
        if (!request.Headers.TryGetValue("grpc-timeout", out var values) || values.ToString() is not { Length: > 1 and <= MostDigits + 1 } given
            || !long.TryParse(given.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return 0;
        return given[^1] switch
        {
            'H' => count * 3_600_000_000,
            'M' => count * 60_000_000,
            'S' => count * 1_000_000,
            'm' => count * 1_000,
            'u' => Math.Max(1, count),
            'n' => Math.Max(1, count / 1_000),
            _ => 0,
        };
    }

    /// <summary>An answer without a message.</summary>
    public static void Refuse(HttpResponse response, Failure failure)
    {
        response.Headers[Status] = ((int)RpcStatus.CodeOf(failure.Status)).ToString(CultureInfo.InvariantCulture);
        response.Headers[Message] = Escaped(failure.Message);
    }

    private static string Escaped(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (var part in Encoding.UTF8.GetBytes(message))
        {
            if (part is >= 0x20 and <= 0x7E and not (byte)'%')
                text.Append((char)part);
            else
                text.Append(CultureInfo.InvariantCulture, $"%{part:X2}");
        }

        return text.ToString();
    }
}

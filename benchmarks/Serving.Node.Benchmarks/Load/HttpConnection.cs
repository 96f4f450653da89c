using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serving.Node.Benchmarks.Load;

/// <summary>One HTTP/1.1 connection. Cheap, so that on shared cores the server is what is measured: it reads a status, a length and nothing else. One caller at a time.</summary>
internal sealed class HttpConnection(HttpPost post) : IDisposable
{
    private readonly Socket _socket = Open(post.Port);
    private readonly byte[] _answer = new byte[64 << 10];

    /// <exception cref="IOException">The answer was not 200, or the server closed the connection.</exception>
    public async ValueTask AskAsync()
    {
        await _socket.SendAsync(post.Bytes);
        await ReadAsync();
    }

    /// <summary>Sends without waiting for anything but the kernel's buffer.</summary>
    public void Send() => _socket.Send(post.Bytes);

    public async ValueTask ReadAsync()
    {
        var have = 0;
        var whole = int.MaxValue;
        while (have < whole)
        {
            var read = await _socket.ReceiveAsync(_answer.AsMemory(have));
            if (read == 0)
                throw new IOException("The server closed the connection.");
            have += read;
            // Asked again while the head is not whole, and after each part of an answer in chunks.
            if (whole == int.MaxValue)
                whole = LengthOf(_answer.AsSpan(0, have));
        }
    }

    public void Dispose() => _socket.Dispose();

    private static Socket Open(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    /// <returns>Length of head and body; the largest number while that is not known.</returns>
    private static int LengthOf(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return int.MaxValue;
        if (!answer.StartsWith("HTTP/1.1 200"u8))
            throw new IOException(Encoding.UTF8.GetString(answer));
        var head = answer[..(end + 2)];
        return head.IndexOf("\r\nTransfer-Encoding: chunked\r\n"u8) < 0 ? end + 4 + Length(head) : answer.EndsWith("\r\n0\r\n\r\n"u8) ? answer.Length : int.MaxValue;
    }

    private static int Length(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> name = "\r\nContent-Length: "u8;
        var at = head.IndexOf(name);
        if (at < 0)
            at = head.IndexOf("\r\ncontent-length: "u8);
        if (at < 0)
            throw new IOException("An answer without a length: " + Encoding.UTF8.GetString(head));
        var number = head[(at + name.Length)..];
        return int.Parse(number[..number.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}

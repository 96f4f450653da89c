using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ControlPlane.Benchmarks;

/// <summary>Connections that each ask, wait for the answer and ask again. Cheap, so that on shared cores the server is what is measured.</summary>
internal sealed class RepeatedGet : IDisposable
{
    private readonly byte[] _request;
    private readonly Socket[] _sockets;

    private RepeatedGet(byte[] request, Socket[] sockets) => (_request, _sockets) = (request, sockets);

    public static RepeatedGet Connect(int port, string path, string? token, int connections)
    {
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        return new RepeatedGet(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n"),
            [.. Enumerable.Range(0, connections).Select(_ =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Connect(IPAddress.Loopback, port);
                return socket;
            })]);
    }

    /// <returns>Answers.</returns>
    /// <exception cref="IOException">An answer was not 200.</exception>
    public async Task<long> RunAsync(TimeSpan time)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        return (await Task.WhenAll(_sockets.Select(socket => Task.Run(() => AskAsync(socket, until))))).Sum();
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private async Task<long> AskAsync(Socket socket, long until)
    {
        var answer = new byte[64 << 10];
        long answers = 0;
        while (Stopwatch.GetTimestamp() < until)
        {
            await socket.SendAsync(_request);
            for (var have = 0; !IsWhole(answer.AsSpan(0, have));)
            {
                var read = await socket.ReceiveAsync(answer.AsMemory(have));
                have += read > 0 ? read : throw new IOException("The server closed the connection.");
            }

            answers++;
        }

        return answers;
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        if (!answer.StartsWith("HTTP/1.1 200"u8))
            throw new IOException(Encoding.UTF8.GetString(answer));
        var head = Encoding.ASCII.GetString(answer[..end]);
        const string Length = "Content-Length: ";
        var at = head.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? answer.EndsWith("0\r\n\r\n"u8) : answer.Length >= end + 4 + int.Parse(head[(at + Length.Length)..].Split('\r')[0]);
    }
}

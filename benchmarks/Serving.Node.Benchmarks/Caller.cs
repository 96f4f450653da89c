using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serving.Node.Benchmarks;

/// <summary>Keeps a number of HTTP/1.1 connections busy with one request. Cheap, so that on shared cores the server is what is measured.</summary>
internal sealed class Caller : IDisposable
{
    private readonly Connection[] _connections;

    private Caller(Connection[] connections) => _connections = connections;

    public static Caller Connect(int port, string path, string body, int connections)
    {
        var bytes = Encoding.UTF8.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        return new Caller([.. Enumerable.Range(0, connections).Select(_ => new Connection(port, bytes))]);
    }

    /// <returns>Answers in that time, and the median and 99th percentile of their durations in microseconds.</returns>
    public async Task<Measured> RunAsync(TimeSpan time)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var began = Stopwatch.GetTimestamp();
        var durations = await Task.WhenAll(_connections.Select(connection => Task.Run(() => connection.RunAsync(until))));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var all = durations.SelectMany(one => one).Order().ToList();
        return new Measured(all.Count, all.Count / seconds, all[all.Count / 2], all[all.Count * 99 / 100]);
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
    }

    private sealed class Connection(int port, byte[] request) : IDisposable
    {
        private readonly Socket _socket = Open(port);
        private readonly byte[] _answer = new byte[64 << 10];

        public async Task<List<double>> RunAsync(long until)
        {
            var durations = new List<double>(1 << 16);
            while (Stopwatch.GetTimestamp() < until)
            {
                var began = Stopwatch.GetTimestamp();
                await _socket.SendAsync(request);
                await ReadAsync();
                durations.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }

            return durations;
        }

        public void Dispose() => _socket.Dispose();

        private static Socket Open(int port)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            return socket;
        }

        private async Task ReadAsync()
        {
            var have = 0;
            var whole = int.MaxValue;
            while (have < whole)
            {
                var read = await _socket.ReceiveAsync(_answer.AsMemory(have));
                if (read == 0)
                    throw new IOException("The server closed the connection.");
                have += read;
                if (whole == int.MaxValue)
                    whole = LengthOf(_answer.AsSpan(0, have));
            }
        }

        private static int LengthOf(ReadOnlySpan<byte> answer)
        {
            var end = answer.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return int.MaxValue;
            if (!answer.StartsWith("HTTP/1.1 200"u8))
                throw new IOException(Encoding.UTF8.GetString(answer));

            var header = "Content-Length: "u8;
            var at = answer.IndexOf(header) + header.Length;
            var length = answer[at..];
            return end + 4 + int.Parse(length[..length.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
        }
    }
}

internal sealed record Measured(int Answers, double PerSecond, double MedianMicroseconds, double P99Microseconds);

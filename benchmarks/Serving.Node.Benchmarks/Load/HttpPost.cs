using System.Text;

namespace Serving.Node.Benchmarks.Load;

/// <summary>One request that is sent again and again.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Body">JSON.</param>
internal sealed record HttpPost(int Port, string Path, string Body)
{
    public string Url => $"http://127.0.0.1:{Port}{Path}";

    /// <summary>As it travels over HTTP/1.1.</summary>
    public byte[] Bytes { get; } = Encoding.UTF8.GetBytes(
        $"POST {Path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(Body)}\r\n\r\n{Body}");
}

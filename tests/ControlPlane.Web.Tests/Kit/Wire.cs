using System.Net.Sockets;
using System.Text;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>Bytes as they are, on a connection of their own: what no client library would send.</summary>
internal static class Wire
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(20);

    /// <returns>All that came back until the other side ended the connection.</returns>
    /// <exception cref="TimeoutException">It did not end it.</exception>
    public static async Task<string> UntilClosedAsync(string url, string text)
    {
        var address = new Uri(url);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        using var timeout = new CancellationTokenSource(_longest);
        var stream = client.GetStream();
        var all = new StringBuilder();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), timeout.Token);
            var buffer = new byte[16 * 1024];
            while (await stream.ReadAsync(buffer, timeout.Token) is > 0 and var count)
                all.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // Reset while we were still sending: it is closed, and what came before counts.
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The connection stayed open. So far: {all}");
        }

        return all.ToString();
    }

    public static int StatusOf(string answer) => int.Parse(answer.Split(' ')[1]);

    public static int AnswersIn(string text) => text.Split("HTTP/1.1 ").Length - 1;
}

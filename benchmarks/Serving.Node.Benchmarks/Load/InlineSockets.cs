using System.Net;
using System.Net.Sockets;

namespace Serving.Node.Benchmarks.Load;

/// <summary>
/// This process's sockets go on in the thread that saw them finish, as those of wrk do; by default each goes through the thread pool,
/// and the client then takes more of the shared cores than the server.
/// </summary>
internal static class InlineSockets
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Before the first socket. The variable is taken back, so that the servers started from here do not inherit it.</summary>
    public static async Task UseAsync()
    {
        var before = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, "1");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptSocketAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint);
        using var other = await accepting;
        var receiving = socket.ReceiveAsync(new byte[1]);
        await other.SendAsync(new byte[1]);
        await receiving;
        Environment.SetEnvironmentVariable(Variable, before);
    }
}

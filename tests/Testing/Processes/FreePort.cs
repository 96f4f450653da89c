using System.Net;
using System.Net.Sockets;

namespace Testing.Processes;

public static class FreePort
{
    /// <summary>The first of <paramref name="count"/> neighbouring ports that were free on loopback a moment ago.</summary>
    public static int Take(int count = 1)
    {
        while (true)
        {
            var first = TakeOne();
            if (first + count < 65_000 && Enumerable.Range(first, count).All(IsFree))
                return first;
        }
    }

    private static int TakeOne()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

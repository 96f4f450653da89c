using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Serving.Gateway.Hosting;

/// <summary>The addresses a gateway answers at.</summary>
internal static class Listen
{
    public static bool IsLoopback(string url) => IsLoopbackHost(BindingAddress.Parse(url).Host);

    /// <summary>How others reach what is bound at <paramref name="url"/>.</summary>
    public static string Reachable(string url)
    {
        var bound = BindingAddress.Parse(url);
        var host = bound.Host is "*" or "+" or "0.0.0.0" or "[::]" ? Environment.MachineName : bound.Host;
        return $"http://{host}:{bound.Port}";
    }

    public static void Configure(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;

        // The node knows how large its inputs may be and says so; two limits would only disagree.
        kestrel.Limits.MaxRequestBodySize = null;
        Bind(kestrel, options.Url, HttpProtocols.Http1);
        if (options.Http2Url.Length > 0)
            Bind(kestrel, options.Http2Url, HttpProtocols.Http2);
        if (!IsLoopback(options.Url))
            Bind(kestrel, options.ManagementUrl, HttpProtocols.Http1);
    }

    private static void Bind(KestrelServerOptions kestrel, string url, HttpProtocols protocols)
    {
        var address = BindingAddress.Parse(url);
        if (IsLoopbackHost(address.Host))
            kestrel.Listen(IPAddress.Loopback, address.Port, listen => listen.Protocols = protocols);
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, address.Port, listen => listen.Protocols = protocols);
        else
            kestrel.ListenAnyIP(address.Port, listen => listen.Protocols = protocols);
    }

    private static bool IsLoopbackHost(string host) =>
        host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}

using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>What the server refuses before anybody looks at it. Headers are bounded by its own defaults: 100 of them, 32 KiB.</summary>
internal sealed class ServerLimits(IOptions<LimitOptions> limits) : IConfigureOptions<KestrelServerOptions>
{
    /// <summary>Bytes of a body, unless its endpoint says otherwise.</summary>
    public const int LongestBody = 1 << 20;

    public void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.MaxRequestBodySize = LongestBody;
        options.Limits.MaxConcurrentConnections = limits.Value.MaxConnections;
        options.Limits.MaxConcurrentUpgradedConnections = limits.Value.MaxConnections;
    }
}

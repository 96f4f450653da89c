using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>What stands in front of this process and may say from where, and how, a request came to it.</summary>
public sealed class ProxyOptions
{
    public const string Section = "Proxies";

    /// <summary>Addresses or networks, separated by <c>;</c>: <c>10.0.0.5;10.1.0.0/16</c>. Absent: what <c>X-Forwarded-For</c> and <c>-Proto</c> say is said by anybody and ignored.</summary>
    public string? Known { get; set; }

    internal IReadOnlyList<System.Net.IPNetwork?> Networks() =>
        [.. (Known ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(NetworkOf)];

    private static System.Net.IPNetwork? NetworkOf(string text)
    {
        if (IPAddress.TryParse(text, out var address))
            return new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8);
        return System.Net.IPNetwork.TryParse(text, out var network) ? network : null;
    }
}

internal sealed class ProxyOptionsValidator : IValidateOptions<ProxyOptions>
{
    public ValidateOptionsResult Validate(string? name, ProxyOptions options) => options.Networks().Contains(null)
        ? ValidateOptionsResult.Fail($"Proxies:Known: '{options.Known}' is no list of addresses and networks such as 10.0.0.5;10.1.0.0/16.")
        : ValidateOptionsResult.Success;
}

/// <summary>
/// Hops are taken from the right as long as a known proxy named them, so nobody further out can put words in front. The host is never taken from a header:
/// <c>PublicUrl</c> says it.
/// </summary>
internal sealed class KnownProxies(IOptions<ProxyOptions> proxies) : IConfigureOptions<ForwardedHeadersOptions>
{
    public void Configure(ForwardedHeadersOptions options)
    {
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in proxies.Value.Networks())
            options.KnownIPNetworks.Add(network!.Value);
        options.ForwardLimit = null;
        options.ForwardedHeaders = options.KnownIPNetworks.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
    }
}

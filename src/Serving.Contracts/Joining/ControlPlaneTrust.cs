using System.Security.Cryptography.X509Certificates;

namespace Serving.Contracts.Joining;

/// <summary>How nodes and gateways make sure that they speak to their control plane and that nobody listens.</summary>
public static class ControlPlaneTrust
{
    private static readonly TimeSpan _connectWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _connectionLives = TimeSpan.FromMinutes(5);

    /// <param name="authorityFile">PEM file with the authorities that may have signed the control plane's certificate, and no others; empty: those that this machine trusts.</param>
    /// <exception cref="ArgumentException">The file holds no certificate.</exception>
    public static SocketsHttpHandler Handler(string authorityFile)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = _connectWithin, PooledConnectionLifetime = _connectionLives };
        if (authorityFile.Length > 0)
            handler.SslOptions.CertificateChainPolicy = Only(authorityFile);
        return handler;
    }

    /// <returns>Why the address cannot be used, or null: credentials travel where nobody reads them.</returns>
    public static string? WhyNot(string controlPlaneUrl, bool allowsPlainHttp)
    {
        if (controlPlaneUrl.Length == 0)
            return null;
        if (!Uri.TryCreate(controlPlaneUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return $"'{controlPlaneUrl}' is no absolute http or https address.";
        return url.Scheme == "https" || url.IsLoopback || allowsPlainHttp
            ? null
            : $"'{controlPlaneUrl}' is another machine without TLS: everybody on the way could read the credential and change models. Use https, or set PlainHttp=true on a network that nobody else is on.";
    }

    private static X509ChainPolicy Only(string authorityFile)
    {
        // Whether a certificate was taken back is for the authority's own clients; one that is pinned is replaced by replacing the file.
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authorityFile);
        return policy.CustomTrustStore.Count > 0 ? policy : throw new ArgumentException($"'{authorityFile}' holds no certificate.", nameof(authorityFile));
    }
}

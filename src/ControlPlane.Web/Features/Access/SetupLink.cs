using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlPlane.Web.Features.Access;

/// <summary>The one-time link with which the first administrator is made. Its secret lives in this process only. Thread-safe.</summary>
internal sealed class SetupLink(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private Secret? _secret;

    /// <summary>Makes a new secret; the one before is void.</summary>
    public string Renew()
    {
        var token = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(24));
        _secret = new Secret(token, time.GetUtcNow() + Lifetime);
        return token;
    }

    public bool IsValid(string? token) =>
        token is not null && _secret is { } secret && time.GetUtcNow() < secret.ExpiresAt
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(secret.Token));

    public void Use() => _secret = null;

    private sealed record Secret(string Token, DateTimeOffset ExpiresAt);
}

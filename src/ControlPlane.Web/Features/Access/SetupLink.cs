using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlPlane.Web.Features.Access;

/// <summary>The one-time link with which the first administrator is made. Its secret lives in this process only. Thread-safe.</summary>
internal sealed class SetupLink(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private const int MostTries = 5;

    private Secret? _secret;

    /// <summary>Makes a new secret; the one before is void.</summary>
    public string Renew()
    {
        var token = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(24));
        Interlocked.Exchange(ref _secret, new Secret(token, time.GetUtcNow() + Lifetime))?.Over.TrySetResult();
        return token;
    }

    /// <summary>A wrong token counts; at the fifth the secret is void and a new one is due.</summary>
    public bool IsValid(string? token)
    {
        if (Volatile.Read(ref _secret) is not { } secret || time.GetUtcNow() >= secret.ExpiresAt || Volatile.Read(ref secret.Wrong) >= MostTries)
            return false;
        if (token is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(secret.Token)))
            return true;
        if (Interlocked.Increment(ref secret.Wrong) >= MostTries)
            secret.Over.TrySetResult();
        return false;
    }

    public void Use() => Interlocked.Exchange(ref _secret, null)?.Over.TrySetResult();

    /// <summary>Until the secret has expired, was used or was guessed at too often.</summary>
    public async Task OverAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref _secret) is { } secret)
            await Task.WhenAny(secret.Over.Task, Task.Delay(Lifetime, time, cancel));
        cancel.ThrowIfCancellationRequested();
    }

    private sealed class Secret(string token, DateTimeOffset expiresAt)
    {
        public int Wrong;

        public string Token => token;

        public DateTimeOffset ExpiresAt => expiresAt;

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

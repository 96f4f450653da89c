using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlPlane.Web.Features.Access;

/// <summary>
/// Terminals that wait for somebody to let them in on <c>/device</c> (RFC 8628). They wait in this process only: a restart means to run
/// <c>cpctl login</c> again. Thread-safe.
/// </summary>
internal sealed class DeviceSignIns(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Seconds between two questions of the terminal.</summary>
    public const int PollSeconds = 3;

    private const int Most = 200;
    private const int CodeLength = 8;

    /// <summary>Without vowels and without what looks alike.</summary>
    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";

    private readonly ConcurrentDictionary<string, Waiting> _byDevice = new(StringComparer.Ordinal);

    /// <returns>Null: too many are waiting.</returns>
    public Waiting? Begin()
    {
        Forget();
        if (_byDevice.Count >= Most)
            return null;
        var waiting = new Waiting(WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32)), RandomNumberGenerator.GetString(Letters, CodeLength), time.GetUtcNow() + Lifetime);
        _byDevice[waiting.DeviceCode] = waiting;
        return waiting;
    }

    /// <summary>By the code that a person reads off the terminal.</summary>
    public Waiting? Find(string? userCode)
    {
        var plain = new string([.. (userCode ?? "").Where(char.IsAsciiLetter).Take(CodeLength + 1)]).ToUpperInvariant();
        return _byDevice.Values.FirstOrDefault(waiting => waiting.UserCode == plain && waiting.Answer is null && time.GetUtcNow() < waiting.ExpiresAt);
    }


    /// <summary>What the terminal gets; an answer is given once.</summary>
    /// <returns>Not known: expired, used, or never was. Otherwise the answer, null while there is none.</returns>
    public (bool IsKnown, DeviceAnswer? Answer) Take(string? deviceCode)
    {
        if (deviceCode is null || !_byDevice.TryGetValue(deviceCode, out var waiting) || time.GetUtcNow() >= waiting.ExpiresAt)
            return (false, null);
        if (waiting.Answer is not { } answer)
            return (true, null);
        return _byDevice.TryRemove(deviceCode, out _) ? (true, answer) : (false, null);
    }

    private void Forget()
    {
        foreach (var (code, waiting) in _byDevice)
        {
            if (time.GetUtcNow() >= waiting.ExpiresAt)
                _byDevice.TryRemove(code, out _);
        }
    }

    /// <param name="Email">Who let it in; null: it was refused.</param>
    internal sealed record DeviceAnswer(string? Email);

    internal sealed class Waiting(string deviceCode, string userCode, DateTimeOffset expiresAt)
    {
        private DeviceAnswer? _answer;

        public string DeviceCode => deviceCode;

        public string UserCode => userCode;

        public DateTimeOffset ExpiresAt => expiresAt;

        public DeviceAnswer? Answer => Volatile.Read(ref _answer);

        public bool TryAnswer(DeviceAnswer answer) => Interlocked.CompareExchange(ref _answer, answer, null) is null;
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;

namespace ControlPlane.Web.Features.Access;

/// <summary>Codes of an authenticator app, and recovery codes for when it is lost. The key is stored encrypted, recovery codes as hashes; each code works once.</summary>
internal sealed class SecondFactor(UserManager<Person> people, IDataProtectionProvider protection, TimeProvider time)
{
    private const string Store = "SecondFactor";
    private const string KeyName = "key";
    private const string PendingName = "pending-key";
    private const string StepName = "last-step";
    private const string RecoveryName = "recovery";
    private const int KeyBytes = 20;
    private const int RecoveryCodes = 10;
    private const int RecoveryLength = 16;

    private readonly IDataProtector _protector = protection.CreateProtector("ControlPlane.SecondFactor");

    /// <summary>A key that counts once a code of it was shown.</summary>
    public async Task<byte[]> BeginAsync(Person person)
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        await people.SetAuthenticationTokenAsync(person, Store, PendingName, _protector.Protect(Convert.ToHexString(key)));
        return key;
    }

    /// <returns>Recovery codes, shown this once; null: the code does not belong to the key.</returns>
    public async Task<string[]?> ConfirmAsync(Person person, string? code)
    {
        if (await KeyAsync(person, PendingName) is not { } key || TimeCodes.StepOf(key, Plain(code), time.GetUtcNow(), after: 0) is not { } step)
            return null;

        string[] codes = [.. Enumerable.Range(0, RecoveryCodes).Select(_ => RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", RecoveryLength))];
        await people.SetAuthenticationTokenAsync(person, Store, KeyName, _protector.Protect(Convert.ToHexString(key)));
        await people.SetAuthenticationTokenAsync(person, Store, StepName, step.ToString(CultureInfo.InvariantCulture));
        await people.SetAuthenticationTokenAsync(person, Store, RecoveryName, string.Join(';', codes.Select(HashOf)));
        await people.RemoveAuthenticationTokenAsync(person, Store, PendingName);
        person.TwoFactorEnabled = true;
        return (await people.UpdateAsync(person)).Succeeded ? codes : null;
    }

    public async Task<bool> RemoveAsync(Person person)
    {
        foreach (var name in new[] { KeyName, PendingName, StepName, RecoveryName })
            await people.RemoveAuthenticationTokenAsync(person, Store, name);
        person.TwoFactorEnabled = false;
        return (await people.UpdateAsync(person)).Succeeded;
    }

    /// <summary>Uses up a code of the app or a recovery code.</summary>
    /// <remarks>Two requests with the same code at once: saving checks the stamp of the account, so one of them fails.</remarks>
    public async Task<bool> UseAsync(Person person, string? code)
    {
        var plain = Plain(code);
        if (plain.Length == RecoveryLength)
            return await UseRecoveryAsync(person, HashOf(plain));
        var last = await people.GetAuthenticationTokenAsync(person, Store, StepName);
        var after = long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : 0;
        return await KeyAsync(person, KeyName) is { } key && TimeCodes.StepOf(key, plain, time.GetUtcNow(), after) is { } step
            && (await people.SetAuthenticationTokenAsync(person, Store, StepName, step.ToString(CultureInfo.InvariantCulture))).Succeeded;
    }

    public async Task<int> RecoveryCodesLeftAsync(Person person) =>
        (await people.GetAuthenticationTokenAsync(person, Store, RecoveryName))?.Split(';', StringSplitOptions.RemoveEmptyEntries).Length ?? 0;

    private static string Plain(string? code) => code is null or { Length: > 64 } ? "" : code.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private static string HashOf(string code) => Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(code)));

    private async Task<bool> UseRecoveryAsync(Person person, string hash)
    {
        var left = (await people.GetAuthenticationTokenAsync(person, Store, RecoveryName))?.Split(';') ?? [];
        return left.Contains(hash) && (await people.SetAuthenticationTokenAsync(person, Store, RecoveryName, string.Join(';', left.Where(known => known != hash)))).Succeeded;
    }

    private async Task<byte[]?> KeyAsync(Person person, string name)
    {
        try
        {
            return await people.GetAuthenticationTokenAsync(person, Store, name) is { } kept ? Convert.FromHexString(_protector.Unprotect(kept)) : null;
        }
        catch (CryptographicException)
        {
            // The keys it was protected with are gone; a recovery code still works.
            return null;
        }
    }
}

using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>Where the keys lie that protect cookies and forms.</summary>
public sealed class KeyOptions
{
    public const string Section = "DataProtection";

    /// <summary>A folder of their own; absent: the database, which all control planes share.</summary>
    public string? KeyPath { get; set; }

    /// <summary>PKCS #12 file whose certificate encrypts the keys at rest; absent: they lie there as they are, and the log warns.</summary>
    public string? Certificate { get; set; }

    public string? CertificatePassword { get; set; }
}

/// <summary>Keys that cannot be kept would sign everybody out at the next start, so the start itself is refused.</summary>
internal sealed class KeyOptionsValidator : IValidateOptions<KeyOptions>
{
    public ValidateOptionsResult Validate(string? name, KeyOptions options)
    {
        if (options.KeyPath is null)
            return ValidateOptionsResult.Success;
        try
        {
            Directory.CreateDirectory(options.KeyPath);
            var probe = Path.Combine(options.KeyPath, $".write-test-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return ValidateOptionsResult.Success;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ValidateOptionsResult.Fail($"DataProtection:KeyPath: '{options.KeyPath}' is not writable ({refused.Message}) Sessions would not survive a restart.");
        }
    }
}

using System.ComponentModel.DataAnnotations;
using ControlPlane.Domain.Identity;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>Who exists after an unattended first start. Without these the log shows a one-time link to the set-up page.</summary>
public sealed class BootstrapOptions
{
    public const string Section = "Bootstrap";

    /// <summary>E-mail of the first administrator.</summary>
    [EmailAddress]
    public string? AdminEmail { get; set; }

    /// <summary>At least 12 characters; only used while that person does not exist.</summary>
    [MinLength(12)]
    public string? AdminPassword { get; set; }

    /// <summary>At least 32 characters: a token with the role admin, valid for a year from the first start with it.</summary>
    [MinLength(32)]
    public string? ApiToken { get; set; }
}

[OptionsValidator]
internal sealed partial class BootstrapOptionsValidator : IValidateOptions<BootstrapOptions>;

/// <summary>An administrator needs both, and a password that is not the first to be tried.</summary>
internal sealed class BootstrapPairValidator : IValidateOptions<BootstrapOptions>
{
    public ValidateOptionsResult Validate(string? name, BootstrapOptions options) =>
        (options.AdminEmail is null) == (options.AdminPassword is null)
            ? options.AdminPassword is not null && PasswordRules.WhyNot(options.AdminPassword, options.AdminEmail) is { } why
                ? ValidateOptionsResult.Fail($"Bootstrap:AdminPassword: {why}")
                : ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Bootstrap:AdminEmail and Bootstrap:AdminPassword (12 characters or more) belong together.");
}

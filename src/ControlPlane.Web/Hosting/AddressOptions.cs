using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>The address people use.</summary>
public sealed class AddressOptions
{
    /// <summary>Absolute http or https address; absent: the one that is listened on.</summary>
    public string? PublicUrl { get; set; }

    public bool IsHttps => PublicUrl?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true;
}

internal sealed class AddressOptionsValidator : IValidateOptions<AddressOptions>
{
    public ValidateOptionsResult Validate(string? name, AddressOptions options) =>
        options.PublicUrl is null || (Uri.TryCreate(options.PublicUrl, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https"))
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"PublicUrl: '{options.PublicUrl}' is no absolute http or https address.");
}

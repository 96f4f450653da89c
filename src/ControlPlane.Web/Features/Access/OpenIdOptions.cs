using ControlPlane.Domain.Identity;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>Sign-in through an identity provider that speaks OpenID Connect. Without an authority there is none.</summary>
public sealed class OpenIdOptions
{
    public const string Section = "OpenIdConnect";

    /// <summary>The issuer: an https address below which <c>/.well-known/openid-configuration</c> lies. Plain http only on this machine.</summary>
    public string? Authority { get; set; }

    public string? ClientId { get; set; }

    public string? ClientSecret { get; set; }

    /// <summary>What the button on the sign-in page says after "Sign in with".</summary>
    public string Name { get; set; } = "your organisation";

    /// <summary>The one claim that is asked for groups.</summary>
    public string GroupClaim { get; set; } = "groups";

    /// <summary>Role of each group; who is in several has the highest, who is in none is refused.</summary>
    public Dictionary<string, string> Roles { get; } = new(StringComparer.Ordinal);

    /// <summary>Asked for besides <c>openid</c>, <c>profile</c> and <c>email</c>, separated by spaces.</summary>
    public string Scopes { get; set; } = "";

    public bool IsOn => !string.IsNullOrEmpty(Authority);
}

internal sealed class OpenIdOptionsValidator : IValidateOptions<OpenIdOptions>
{
    public ValidateOptionsResult Validate(string? name, OpenIdOptions options)
    {
        if (!options.IsOn)
            return ValidateOptionsResult.Success;
        List<string> wrong = [];
        if (!Uri.TryCreate(options.Authority, UriKind.Absolute, out var authority) || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback)))
            wrong.Add($"OpenIdConnect:Authority: '{options.Authority}' is no https address.");
        if (string.IsNullOrEmpty(options.ClientId))
            wrong.Add("OpenIdConnect:ClientId: is missing.");
        if (string.IsNullOrEmpty(options.GroupClaim))
            wrong.Add("OpenIdConnect:GroupClaim: is missing.");
        if (options.Roles.Count == 0)
            wrong.Add("OpenIdConnect:Roles: no group has a role, so nobody could sign in. Example: OpenIdConnect__Roles__ml-admins=admin.");
        wrong.AddRange(options.Roles.Where(pair => Domain.Identity.Roles.Of(pair.Value) is null)
            .Select(pair => $"OpenIdConnect:Roles:{pair.Key}: '{pair.Value}' is no role; one of {string.Join(", ", Domain.Identity.Roles.All.Select(role => role.Name()))}."));
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}

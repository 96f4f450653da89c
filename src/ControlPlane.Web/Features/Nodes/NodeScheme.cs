using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Who a node or gateway is, by its credential in the header <c>Authorization</c> and nowhere else.</summary>
internal sealed class NodeScheme(NodeCredentials credentials, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Node";
    public const string EnvironmentClaim = "cp:environment";
    public const string JoinKindClaim = "cp:node-kind";

    private const string PoolClaim = "cp:pool";
    private const string CredentialClaim = "cp:credential";
    private const string Prefix = "Bearer ";
    private const int LongestSession = 64;

    public static AuthorizationPolicy Policy { get; } = new AuthorizationPolicyBuilder(Name).RequireAuthenticatedUser().Build();

    public static NodeCaller CallerOf(ClaimsPrincipal user) => new(
        Guid.Parse(user.FindFirstValue(ClaimTypes.NameIdentifier)!), user.Identity!.Name!, user.FindFirstValue(EnvironmentClaim)!, user.FindFirstValue(PoolClaim)!,
        user.FindFirstValue(JoinKindClaim)!, user.FindFirstValue(CredentialClaim)!);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || !Token.IsWellFormed(header[Prefix.Length..], Token.Node))
            return AuthenticateResult.NoResult();

        var session = Request.Headers[JoinRequest.SessionHeader].ToString();
        if (await credentials.FindAsync(header[Prefix.Length..], session.Length is > 0 and <= LongestSession ? session : null, Context.RequestAborted) is not { } node)
            return AuthenticateResult.Fail("This credential is unknown, revoked, or used by another process.");

        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.NameIdentifier, node.Id.Value.ToString()),
                new Claim(ClaimTypes.Name, node.Name),
                new Claim(EnvironmentClaim, node.Environment),
                new Claim(PoolClaim, node.Pool),
                new Claim(JoinKindClaim, node.Kind),
                new Claim(CredentialClaim, node.CredentialHash),
            ],
            Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}

/// <param name="Kind"><c>node</c> or <c>gateway</c>.</param>
/// <param name="CredentialHash">Of the credential that was shown: what was opened with it ends with it.</param>
internal sealed record NodeCaller(Guid Id, string Name, string Environment, string Pool, string Kind, string CredentialHash);

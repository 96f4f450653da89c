using System.Security.Claims;
using System.Text.Encodings.Web;
using ControlPlane.Data;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Who a node or gateway is, by its credential.</summary>
internal sealed class NodeScheme(
    IDbContextFactory<ControlPlaneDb> factory, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Node";
    public const string EnvironmentClaim = "cp:environment";
    public const string JoinKindClaim = "cp:node-kind";

    private const string Prefix = "Bearer ";

    public static AuthorizationPolicy Policy { get; } = new AuthorizationPolicyBuilder(Name).RequireAuthenticatedUser().Build();

    public static NodeCaller CallerOf(ClaimsPrincipal user) => new(
        Guid.Parse(user.FindFirstValue(ClaimTypes.NameIdentifier)!), user.Identity!.Name!, user.FindFirstValue(EnvironmentClaim)!, user.FindFirstValue(JoinKindClaim)!);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || !Token.IsWellFormed(header[Prefix.Length..], Token.Node))
            return AuthenticateResult.NoResult();

        var hash = Token.HashOf(header[Prefix.Length..]);
        await using var db = await factory.CreateDbContextAsync(Context.RequestAborted);
        var node = await db.Nodes.AsNoTracking().SingleOrDefaultAsync(known => known.CredentialHash == hash, Context.RequestAborted);
        if (node is null || node.RevokedAt is not null)
            return AuthenticateResult.Fail("This credential is unknown or revoked.");

        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.NameIdentifier, node.Id.Value.ToString()),
                new Claim(ClaimTypes.Name, node.Name),
                new Claim(EnvironmentClaim, node.Environment),
                new Claim(JoinKindClaim, node.Kind),
            ],
            Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}

/// <param name="Kind"><c>node</c> or <c>gateway</c>.</param>
internal sealed record NodeCaller(Guid Id, string Name, string Environment, string Kind);

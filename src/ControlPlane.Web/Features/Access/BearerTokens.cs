using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Access;

/// <summary><c>Authorization: Bearer</c> with a token of a machine or of a person's session in a terminal. Only hashes are stored.</summary>
internal sealed class BearerTokens(
    TokenChecks checks, TokenDenials denials, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";
    public const string Prefix = "Bearer ";

    /// <summary>What is shorter or longer is no token of ours.</summary>
    private const int Shortest = 32;
    private const int Longest = 512;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();

        var token = header[Prefix.Length..].Trim();
        if (token.Length is < Shortest or > Longest)
            return AuthenticateResult.Fail("Not a token.");

        // With our prefix and without its check digits it was mistyped or cut off: nobody needs to be asked.
        var isBroken = token.StartsWith(Token.Person, StringComparison.Ordinal) && !Token.IsWellFormed(token, Token.Person);
        var check = isBroken ? new TokenCheck(null, null, null, "malformed", default) : await checks.CheckAsync(token, Context.RequestAborted);
        if (check is not { Role: { } role, Actor: { } actor })
        {
            await denials.WriteAsync(check, Context.Connection.RemoteIpAddress?.ToString() ?? "local", Context.RequestAborted);
            return AuthenticateResult.Fail("Unknown, revoked, expired, or whom it belongs to is disabled.");
        }

        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.Name, actor.Name),
                new Claim(ClaimTypes.Role, role.Name()),
                new Claim(Actors.KindClaim, check.Kind!),
                new Claim(ClaimTypes.NameIdentifier, check.Id!.Value.Value.ToString()),
            ],
            Scheme.Name);
        // A session in a terminal begins with a proof, and is as good as a browser's while that is fresh.
        if (actor.ProvedAt is { } proved)
            identity.AddClaim(new Claim(Actors.ProofClaim, proved.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}

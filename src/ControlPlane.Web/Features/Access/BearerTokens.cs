using System.Security.Claims;
using System.Text.Encodings.Web;
using ControlPlane.Data;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Access;

/// <summary><c>Authorization: Bearer</c> with a token of a machine or of a person's session in a terminal. Only hashes are stored.</summary>
internal sealed class BearerTokens(
    IDbContextFactory<ControlPlaneDb> factory, TimeProvider time, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
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

        var hash = Token.HashOf(token);
        await using var db = await factory.CreateDbContextAsync(Context.RequestAborted);
        var known = await db.ApiTokens.AsNoTracking().FirstOrDefaultAsync(row => row.Hash == hash, Context.RequestAborted);
        if (known?.IsValid(time.GetUtcNow()) != true)
            return AuthenticateResult.Fail("Unknown, revoked or expired.");

        var name = known.Kind == TokenKinds.Session ? known.CreatedBy : $"token:{known.Name}";
        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.Name, name),
                new Claim(ClaimTypes.Role, known.Role),
                new Claim(Actors.KindClaim, known.Kind),
                new Claim(ClaimTypes.NameIdentifier, known.Id.Value.ToString()),
            ],
            Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}

using System.Globalization;
using System.Security.Claims;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Web.Hosting;

/// <summary>Who is asking.</summary>
internal static class Actors
{
    /// <summary>Claim that says what signed in: <c>person</c> (cookie), <c>session</c> (a person's script session) or <c>token</c>.</summary>
    public const string KindClaim = "cp:kind";

    /// <summary>When the person last proved who they are, in seconds since 1970; not for tokens of machines.</summary>
    public const string ProofClaim = "auth_time";

    /// <summary>Of the session: another one at each sign-in and change of role.</summary>
    public const string SessionClaim = "cp:session";

    public static Actor Actor(this ClaimsPrincipal user) => new(
        user.Identity?.Name ?? "unknown",
        user.IsPerson() ? ActorKind.Person : ActorKind.Token,
        Roles.Of(user.FindFirstValue(ClaimTypes.Role)),
        !user.IsPerson() && Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? new TokenId(id) : null,
        user.ProvedAt());

    public static DateTimeOffset? ProvedAt(this ClaimsPrincipal user) =>
        long.TryParse(user.FindFirstValue(ProofClaim), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>True for cookies and for sessions of <c>cpctl login</c>; false for tokens of machines.</summary>
    public static bool IsPerson(this ClaimsPrincipal user) => user.FindFirstValue(KindClaim) is not "token";
}

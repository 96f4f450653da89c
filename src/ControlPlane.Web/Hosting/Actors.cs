using System.Security.Claims;
using ControlPlane.Domain.Identity;

namespace ControlPlane.Web.Hosting;

/// <summary>Who is asking.</summary>
internal static class Actors
{
    /// <summary>Claim that says what signed in: <c>person</c> (cookie), <c>session</c> (a person's script session) or <c>token</c>.</summary>
    public const string KindClaim = "cp:kind";

    public static Actor Actor(this ClaimsPrincipal user) =>
        new(user.Identity?.Name ?? "unknown", user.IsPerson() ? ActorKind.Person : ActorKind.Token);

    /// <summary>True for cookies and for sessions of <c>cpctl login</c>; false for tokens of machines.</summary>
    public static bool IsPerson(this ClaimsPrincipal user) => user.FindFirstValue(KindClaim) is not "token";
}

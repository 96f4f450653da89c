using System.Security.Claims;
using ControlPlane.Data.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace ControlPlane.Web.Features.Access;

/// <summary>Between password and code: a cookie of its own for a few minutes, good for nothing but asking for the code. A new stamp voids it.</summary>
internal static class HalfSession
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private const string StampClaim = "stamp";

    public static Task OpenAsync(HttpContext http, Person person) => http.SignInAsync(
        IdentityConstants.TwoFactorUserIdScheme,
        new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, person.Id), new(StampClaim, person.SecurityStamp ?? "")], IdentityConstants.TwoFactorUserIdScheme)));

    public static async Task<Person?> PersonOfAsync(HttpContext http, UserManager<Person> people)
    {
        var half = (await http.AuthenticateAsync(IdentityConstants.TwoFactorUserIdScheme)).Principal;
        var person = half?.FindFirstValue(ClaimTypes.NameIdentifier) is { } id ? await people.FindByIdAsync(id) : null;
        return person is { DisabledAt: null } && person.SecurityStamp == half!.FindFirstValue(StampClaim) ? person : null;
    }

    public static Task CloseAsync(HttpContext http) => http.SignOutAsync(IdentityConstants.TwoFactorUserIdScheme);
}

using System.Security.Claims;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>Whether a cookie still stands for somebody: asked of the database at every request, so that signing out, a new password and a disabled account count at once.</summary>
internal sealed class PersonCookies(IDbContextFactory<ControlPlaneDb> factory, IOptions<IdentityOptions> identity, TimeProvider time)
{
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var http = context.HttpContext;
        // Files show nothing of anybody, and while an error is answered the database may be what is missing.
        if (http.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null || http.Features.Get<IExceptionHandlerPathFeature>() is not null || context.Principal is not { } user)
            return;

        var (isValid, person) = await http.RequestServices.GetRequiredService<PersonCookies>().FindAsync(user, http.RequestAborted);
        if (!isValid)
        {
            context.RejectPrincipal();
            await http.SignOutAsync(IdentityConstants.ApplicationScheme);
        }
        else if (person is not null && person.Role != user.FindFirstValue(ClaimTypes.Role))
        {
            context.ReplacePrincipal(await http.RequestServices.GetRequiredService<PersonSessions>().AgainAsync(person, user));
            context.ShouldRenew = true;
        }
    }

    /// <returns>While the database cannot be reached a cookie stays as good as it was: nothing can be read or changed with it then.</returns>
    public async Task<(bool IsValid, Person? Person)> FindAsync(ClaimsPrincipal user, CancellationToken cancel)
    {
        if (PersonSessions.IsOver(user, time.GetUtcNow()))
            return (false, null);
        var id = user.FindFirstValue(ClaimTypes.NameIdentifier);
        try
        {
            await using var db = await factory.CreateDbContextAsync(cancel);
            var person = await db.Users.AsNoTracking().SingleOrDefaultAsync(known => known.Id == id, cancel);
            var isValid = person is { DisabledAt: null } && person.SecurityStamp == user.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType);
            return (isValid, person);
        }
        catch (Exception failure) when (UnansweredErrors.IsUnreachable(failure))
        {
            return (true, null);
        }
    }
}

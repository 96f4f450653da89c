using System.Security.Claims;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace ControlPlane.Web.Features.Access;

/// <summary>An open page of somebody who may no longer be there turns to the sign-in page. Whatever it does until then is refused by the command.</summary>
internal sealed class PersonCircuits(PersonCookies cookies, ILoggerFactory logging) : RevalidatingServerAuthenticationStateProvider(logging)
{
    protected override TimeSpan RevalidationInterval { get; } = TimeSpan.FromSeconds(15);

    /// <remarks>A token that opened a page is asked after by the commands only.</remarks>
    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        authenticationState.User.FindFirstValue(Actors.KindClaim) != "person" || (await cookies.FindAsync(authenticationState.User, cancellationToken)).IsValid;
}

using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Components.Authorization;

namespace ControlPlane.Web.Shared;

/// <summary>Lets the person of this circuit do something and says in words why it was refused. Scoped.</summary>
internal sealed class Act(AuthenticationStateProvider who, ServingNow serving)
{
    /// <returns>The value, or why there is none.</returns>
    public async Task<(T? Value, string? Refused)> DoAsync<T>(Func<Actor, Task<Outcome<T>>> command)
    {
        var person = (await who.GetAuthenticationStateAsync()).User;
        if (person.Identity?.IsAuthenticated != true)
            return (default, "Your session has ended. Sign in again.");

        var outcome = await command(person.Actor());
        serving.Forget();
        return outcome.TryGet(out var value, out var refusal) ? (value, null) : (default, refusal.Message);
    }
}

using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Shared;

/// <summary>Says beforehand what would be refused to the person of this circuit, so that a page can show it. The command asks again. Scoped.</summary>
internal sealed class Standing(AuthenticationStateProvider who, IDbContextFactory<ControlPlaneDb> factory, TimeProvider time)
{
    public async Task<MayDo> ReadAsync(CancellationToken cancel)
    {
        var actor = (await who.GetAuthenticationStateAsync()).User.Actor();
        await using var db = await factory.CreateDbContextAsync(cancel);
        return new(actor.Kind, await db.RoleOfAsync(actor, time.GetUtcNow(), cancel)) { Name = actor.Name, IsRecent = actor.IsRecent(time.GetUtcNow()) };
    }
}

/// <summary>What somebody may do, as it was when it was read.</summary>
internal sealed record MayDo(ActorKind Kind, Role? Role)
{
    public string Name { get; init; } = "";

    /// <summary>The last proof of who it is counts for approvals.</summary>
    public bool IsRecent { get; init; }

    /// <returns>Null when it may be done; else the reason, for the title of a disabled button.</returns>
    public string? WhyNot(Permission permission) => Permissions.WhyNot(Kind, Role, permission, environment: null, isGuarded: false)?.Message;

    public string? WhyNot(Permission permission, string environment, bool isProtected) =>
        Permissions.WhyNot(Kind, Role, permission, environment, Permissions.IsGuarded(environment, isProtected))?.Message;
}

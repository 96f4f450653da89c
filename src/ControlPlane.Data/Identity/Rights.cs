using ControlPlane.Data.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data.Identity;

/// <summary>Changes that not everybody may make. What somebody is comes from the database at that moment, whatever a cookie or token said when it was made.</summary>
public static class Rights
{
    /// <summary>
    /// <see cref="Changes.ChangeAsync{T}(IDbContextFactory{ControlPlaneDb}, Func{ControlPlaneDb, Task{Outcome{T}}}, CancellationToken)"/> for those who may:
    /// asked in the same transaction. A denial, by the table or by the change itself, changes nothing and leaves one row in the audit.
    /// </summary>
    public static Task<Outcome<T>> ChangeAsync<T>(
        this IDbContextFactory<ControlPlaneDb> factory, Actor actor, Need need, DateTimeOffset at, Func<ControlPlaneDb, Task<Outcome<T>>> change, CancellationToken cancel) =>
        factory.ChangeAsync(actor, _ => Task.FromResult(need), at, change, cancel);

    /// <param name="needOf">For what is known only by looking, such as the environment of a rollout.</param>
    public static async Task<Outcome<T>> ChangeAsync<T>(
        this IDbContextFactory<ControlPlaneDb> factory, Actor actor, Func<ControlPlaneDb, Task<Need>> needOf, DateTimeOffset at, Func<ControlPlaneDb, Task<Outcome<T>>> change,
        CancellationToken cancel)
    {
        (Need Need, string Why)? denied = null;
        var outcome = await factory.ChangeAsync<T>(
            async db =>
            {
                var need = await needOf(db);
                var refusal = await db.WhyNotAsync(actor, need, at, cancel);
                Outcome<T> made = refusal is null ? await change(db) : refusal;
                denied = made.TryGet(out _, out var no) || no.Kind != RefusalKind.Forbidden ? null : (need, refusal is null ? no.Code : need.Permission.ToString());
                return made;
            },
            cancel);
        if (denied is var (what, why))
            await factory.WriteDenialAsync(actor, what, at, why, cancel);
        return outcome;
    }

    /// <summary>Asks before work that is no change of the database, such as taking in a file. A denial is written down.</summary>
    /// <returns>Null when it may be done.</returns>
    public static async Task<Refusal?> WhyNotAsync(this IDbContextFactory<ControlPlaneDb> factory, Actor actor, Need need, DateTimeOffset at, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var refusal = await db.WhyNotAsync(actor, need, at, cancel);
        if (refusal is not null)
            await factory.WriteDenialAsync(actor, need, at, why: null, cancel);
        return refusal;
    }

    /// <returns>What the actor is now; null: unknown, disabled, revoked or expired. A token is never more than who made it.</returns>
    public static async Task<Role?> RoleOfAsync(this ControlPlaneDb db, Actor actor, DateTimeOffset at, CancellationToken cancel)
    {
        if (actor.Kind == ActorKind.Person)
            return await db.RoleOfPersonAsync(actor.Name, cancel);
        if (actor.Token is not { } id)
            return null;

        var token = await db.ApiTokens.AsNoTracking().SingleOrDefaultAsync(known => known.Id == id, cancel);
        if (token?.IsValid(at) != true || Roles.Of(token.Role) is not { } role)
            return null;
        if (token.CreatedBy == Actor.Automatic.Name)
            return role;
        return await db.RoleOfPersonAsync(token.CreatedBy, cancel) is { } maker ? (Role)Math.Min((int)role, (int)maker) : null;
    }

    /// <returns>The person who acts, or who made the token that acts; null: neither, as for the token of the installation.</returns>
    public static async Task<string?> PersonBehindAsync(this ControlPlaneDb db, Actor actor, CancellationToken cancel)
    {
        if (actor.Kind == ActorKind.Person)
            return actor.Name;
        if (actor.Token is not { } id)
            return null;
        var maker = await db.ApiTokens.Where(known => known.Id == id).Select(known => known.CreatedBy).SingleOrDefaultAsync(cancel);
        return maker == Actor.Automatic.Name ? null : maker;
    }

    public static async Task<Role?> RoleOfPersonAsync(this ControlPlaneDb db, string email, CancellationToken cancel)
    {
        var name = email.ToUpperInvariant();
        var role = await db.Users.Where(person => person.NormalizedUserName == name && person.DisabledAt == null).Select(person => person.Role).SingleOrDefaultAsync(cancel);
        return Roles.Of(role);
    }

    /// <summary>For the second thing that one change does, within it.</summary>
    /// <returns>Null when it may be done.</returns>
    public static async Task<Refusal?> WhyNotAsync(this ControlPlaneDb db, Actor actor, Need need, DateTimeOffset at, CancellationToken cancel)
    {
        if (actor.Kind == ActorKind.Automatic)
            return null;

        var environment = need.Environment;
        var isGuarded = environment is not null
            && Permissions.IsGuarded(environment, await db.Environments.Where(known => known.Name == environment).Select(known => known.Protected).SingleOrDefaultAsync(cancel));
        return Permissions.WhyNot(actor.Kind, await db.RoleOfAsync(actor, at, cancel), need.Permission, environment, isGuarded);
    }

    /// <summary>One row in the audit for something that somebody may not do.</summary>
    public static async Task WriteDenialAsync(this IDbContextFactory<ControlPlaneDb> factory, Actor actor, Need need, DateTimeOffset at, string? why, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var action = need.Permission is Permission.Approve or Permission.BreakGlass ? "approval.denied" : "authz.denied";
        await db.DenyAsync(actor, action, need.Target, at, why ?? need.Permission.ToString(), cancel);
    }
}

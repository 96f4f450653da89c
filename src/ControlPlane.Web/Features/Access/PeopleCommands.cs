using System.Security.Cryptography;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Access;

/// <summary>Who may sign in, and as what. There is always an administrator who can.</summary>
internal sealed class PeopleCommands(IDbContextFactory<ControlPlaneDb> factory, UserManager<Person> people, TimeProvider time)
{
    private const int MostRows = 1000;
    private const string LastAdmin = "LastAdmin";

    public async Task<Outcome<IReadOnlyList<PersonRow>>> ListAsync(Actor actor, CancellationToken cancel)
    {
        if (await factory.WhyNotAsync(actor, NeedOf("people"), time.GetUtcNow(), cancel) is { } denied)
            return denied;
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.Users.AsNoTracking().OrderBy(person => person.NormalizedUserName).Take(MostRows)
            .Select(person => new PersonRow(person.Email!, person.Role, person.CreatedAt, person.PasswordHash == null && !db.UserLogins.Any(login => login.UserId == person.Id), person.DisabledAt)).ToListAsync(cancel);
    }

    /// <summary>Makes an account that cannot sign in before its invitation was used; for one that waits already, a new invitation.</summary>
    public async Task<Outcome<NewInvitation>> InviteAsync(Actor actor, string? email, string? role, CancellationToken cancel)
    {
        var at = time.GetUtcNow();
        var name = email?.Trim() ?? "";
        var outcome = await factory.ChangeAsync<Person>(
            actor,
            NeedOf($"person/{name}"),
            at,
            async db =>
            {
                if (name.Length is 0 or > 256 || !name.Contains('@', StringComparison.Ordinal) || name.Any(char.IsControl))
                    return Refusal.Invalid("email", "An e-mail address is needed.");
                if (Roles.Of(role) is not { } known)
                    return UnknownRole();
                var person = await FindAsync(db, name, cancel);
                if (person is not null && (person.PasswordHash is not null || await db.UserLogins.AnyAsync(login => login.UserId == person.Id, cancel)))
                    return new Refusal("PersonExists", $"{name} has an account already.");
                if (person is null)
                    db.Users.Add(person = new Person { UserName = name, NormalizedUserName = name.ToUpperInvariant(), Email = name, NormalizedEmail = name.ToUpperInvariant(), CreatedAt = at });
                person.Role = known.Name();
                person.DisabledAt = null;
                person.SecurityStamp = NewStamp();
                db.Audit(actor, "person.invited", $"person/{name}", at, after: known.Name());
                return person;
            },
            cancel);
        if (!outcome.TryGet(out var invited, out var refusal))
            return refusal;
        var token = await people.GenerateUserTokenAsync(invited, TokenOptions.DefaultProvider, Invitations.Purpose);
        return new NewInvitation(invited.Email!, $"/invitation?email={Uri.EscapeDataString(invited.Email!)}&token={Uri.EscapeDataString(token)}", at + Invitations.Lifetime);
    }

    public Task<Outcome<Done>> ChangeRoleAsync(Actor actor, string email, string? role, CancellationToken cancel) =>
        ChangeAsync(actor, email, "person.roleChanged", person => Roles.Of(role) is { } known ? Become(person, known.Name()) : UnknownRole(), cancel);

    public Task<Outcome<Done>> DisableAsync(Actor actor, string email, CancellationToken cancel) => ChangeAsync(
        actor,
        email,
        "person.disabled",
        person =>
        {
            person.DisabledAt ??= time.GetUtcNow();
            person.SecurityStamp = NewStamp();
            return null;
        },
        cancel);

    public Task<Outcome<Done>> EnableAsync(Actor actor, string email, CancellationToken cancel) => ChangeAsync(
        actor,
        email,
        "person.enabled",
        person =>
        {
            person.DisabledAt = null;
            return null;
        },
        cancel);

    private static Need NeedOf(string target) => new(Permission.ManagePeople, target);

    private static string NewStamp() => RandomNumberGenerator.GetHexString(40);

    private static Refusal UnknownRole() => Refusal.Invalid("role", $"A role is one of {string.Join(", ", Roles.All.Select(known => known.Name()))}.");

    private static Refusal? Become(Person person, string role)
    {
        person.Role = role;
        return null;
    }

    private static Task<Person?> FindAsync(ControlPlaneDb db, string email, CancellationToken cancel)
    {
        var name = email.ToUpperInvariant();
        return db.Users.SingleOrDefaultAsync(known => known.NormalizedUserName == name, cancel);
    }

    private Task<Outcome<Done>> ChangeAsync(Actor actor, string email, string action, Func<Person, Refusal?> change, CancellationToken cancel) => factory.ChangeAsync<Done>(
        actor,
        NeedOf($"person/{email}"),
        time.GetUtcNow(),
        async db =>
        {
            var admin = Role.Admin.Name();
            var stamp = NewStamp();
            // Two administrators who demote each other at once: the second waits here, and then sees what the first has done.
            await db.Users.Where(other => other.Role == admin).ExecuteUpdateAsync(row => row.SetProperty(other => other.ConcurrencyStamp, stamp), cancel);
            if (await FindAsync(db, email, cancel) is not { } person)
                return Refusal.NotFound("person", email);
            var before = Words(person);
            if (change(person) is { } refusal)
                return refusal;
            var isAdmin = person.DisabledAt is null && person.Role == admin;
            if (!isAdmin && !await db.Users.AnyAsync(other => other.Id != person.Id && other.Role == admin && other.DisabledAt == null && other.PasswordHash != null, cancel))
                return new Refusal(LastAdmin, $"{person.Email} is the last administrator who can sign in. Make somebody else administrator first.");
            db.Audit(actor, action, $"person/{person.Email}", time.GetUtcNow(), before: before, after: Words(person));
            person.ConcurrencyStamp = NewStamp();
            return default(Done);
        },
        cancel);

    private static string Words(Person person) => person.DisabledAt is null ? person.Role : $"{person.Role}, disabled";
}

/// <param name="IsInvited">The invitation has not been used yet.</param>
internal sealed record PersonRow(string Email, string Role, DateTimeOffset CreatedAt, bool IsInvited, DateTimeOffset? DisabledAt);

/// <param name="Path">Of the one-time link, shown this once.</param>
internal sealed record NewInvitation(string Email, string Path, DateTimeOffset ExpiresAt);

using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Access;

/// <summary>Proves who somebody is, and makes the first administrator.</summary>
internal sealed class SignInCommands(UserManager<Person> people, SignInManager<Person> sessions, ControlPlaneDb db, SetupLink link, TimeProvider time)
{
    // The same words whether the person, the password or the lock is the reason: nobody learns who exists.
    private static readonly Refusal _refused = new("SignInFailed", "E-mail and password do not belong together, or there were too many attempts; then wait 15 minutes.", RefusalKind.Unauthenticated);

    /// <summary>Checks a password, with lock-out; every failure is written down.</summary>
    public async Task<Outcome<Person>> CheckAsync(string? email, string? password, CancellationToken cancel)
    {
        var person = string.IsNullOrEmpty(email) || email.Length > 256 ? null : await people.FindByEmailAsync(email);
        if (person is not null && password is { Length: > 0 and <= 512 } && (await sessions.CheckPasswordSignInAsync(person, password, lockoutOnFailure: true)).Succeeded)
            return person;

        db.AuditEntries.Add(new()
        {
            At = time.GetUtcNow(),
            Actor = person?.Email ?? "unknown",
            ActorKind = ActorKind.Person,
            Action = "auth.failed",
            Target = "session",
            Outcome = "denied",
        });
        await db.SaveChangesAsync(cancel);
        return _refused;
    }

    public async Task<Outcome<Person>> SignInAsync(string? email, string? password, CancellationToken cancel)
    {
        var checkedPerson = await CheckAsync(email, password, cancel);
        if (checkedPerson.TryGet(out var person, out _))
            await sessions.SignInAsync(person, isPersistent: false);
        return checkedPerson;
    }

    public Task SignOutAsync() => sessions.SignOutAsync();

    /// <summary>Makes the first administrator with the link from the log, and signs in.</summary>
    public async Task<Outcome<Person>> SetUpAsync(string? token, string? email, string? password, CancellationToken cancel)
    {
        if (!link.IsValid(token) || await db.Users.AnyAsync(cancel))
            return new Refusal("LinkExpired", "The link is not valid any more. While nobody exists, the log shows a new one every 30 minutes and at each start.", RefusalKind.Invalid);
        if (string.IsNullOrWhiteSpace(email) || email.Length > 256 || !email.Contains('@', StringComparison.Ordinal))
            return Refusal.Invalid("email", "An e-mail address is needed.");
        if (password is not { Length: >= 12 and <= 512 })
            return Refusal.Invalid("password", "A password has at least 12 characters.");

        var at = time.GetUtcNow();
        var person = new Person { UserName = email.Trim(), Email = email.Trim(), Role = Roles.Admin, CreatedAt = at };
        db.Audit(new Actor(person.Email, ActorKind.Person), "person.created", $"person/{person.Email}", at, "First administrator");
        var made = await people.CreateAsync(person, password);
        if (!made.Succeeded)
            return Refusal.Invalid("email", string.Join(' ', made.Errors.Select(error => error.Description)));

        link.Use();
        await sessions.SignInAsync(person, isPersistent: false);
        return person;
    }
}

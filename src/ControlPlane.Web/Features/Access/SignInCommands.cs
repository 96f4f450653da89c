using System.Security.Claims;
using ControlPlane.Data;
using ControlPlane.Data.Audit;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Access;

/// <summary>Proves who somebody is, and makes the first administrator.</summary>
internal sealed class SignInCommands(
    UserManager<Person> people, PersonSessions sessions, SecondFactor second, ControlPlaneDb db, SetupLink link, TimeProvider time)
{
    /// <summary>The password was right; a code is asked for now.</summary>
    public const string CodeRequired = "SecondFactorRequired";

    private const int LongestEmail = 256;

    // The same words whether the person, the password or the lock is the reason: nobody learns who exists.
    private static readonly Refusal _refused = new("SignInFailed", "E-mail and password do not belong together, or there were too many attempts; then wait 15 minutes.", RefusalKind.Unauthenticated);
    private static readonly Refusal _codeRefused = new("CodeRefused", "The code is not valid now, was used already, or there were too many attempts. Wait for the next code, or 15 minutes.", RefusalKind.Unauthenticated);
    private static readonly Refusal _codeRequired = new(CodeRequired, "The code of your authenticator app is needed as well.", RefusalKind.Unauthenticated);

    /// <summary>Checks a password, and a code of those who have a second factor, with lock-out; every failure is written down.</summary>
    public async Task<Outcome<Person>> CheckAsync(string? email, string? password, string? code, CancellationToken cancel)
    {
        var known = await CheckPasswordAsync(email, password, cancel);
        if (!known.TryGet(out var person, out _) || !person.TwoFactorEnabled)
            return known;
        return string.IsNullOrEmpty(code) ? _codeRequired : await CheckCodeAsync(person, code, cancel);
    }

    /// <summary>Opens a session, or remembers that only the code is missing (<see cref="CodeRequired"/>).</summary>
    public async Task<Outcome<Person>> SignInAsync(HttpContext http, string? email, string? password, CancellationToken cancel)
    {
        var known = await CheckPasswordAsync(email, password, cancel);
        if (!known.TryGet(out var person, out _))
            return known;
        if (person.TwoFactorEnabled)
        {
            await HalfSession.OpenAsync(http, person);
            return _codeRequired;
        }

        await sessions.OpenAsync(person);
        return person;
    }

    /// <summary>The second half of <see cref="SignInAsync"/>.</summary>
    public async Task<Outcome<Person>> SignInWithCodeAsync(HttpContext http, string? code, CancellationToken cancel)
    {
        if (await HalfSession.PersonOfAsync(http, people) is not { TwoFactorEnabled: true } person)
            return _refused;
        var known = await CheckCodeAsync(person, code, cancel);
        if (!known.TryGet(out _, out _))
            return known;
        await HalfSession.CloseAsync(http);
        await sessions.OpenAsync(person);
        return person;
    }

    /// <summary>Who is signed in proves it again; the session goes on under a new id, with a new time of proof.</summary>
    public async Task<Outcome<Person>> ProveAsync(ClaimsPrincipal user, string? password, string? code, CancellationToken cancel)
    {
        var known = await CheckAsync(user.Identity?.Name, password, code, cancel);
        if (known.TryGet(out var person, out _))
            await sessions.OpenAsync(person);
        return known;
    }

    /// <summary>For a change of one's own password.</summary>
    public Task<Outcome<Person>> CheckOwnPasswordAsync(Person person, string? password, CancellationToken cancel) => CheckPasswordAsync(person.Email, password, cancel);

    /// <summary>Ends every session of the person: whoever copied the cookie is out as well.</summary>
    public async Task SignOutAsync(ClaimsPrincipal user)
    {
        if (await people.GetUserAsync(user) is { } person)
            await people.UpdateSecurityStampAsync(person);
        await sessions.CloseAsync();
    }

    /// <summary>Makes the first administrator with the link from the log, and signs in.</summary>
    public async Task<Outcome<Person>> SetUpAsync(string? token, string? email, string? password, CancellationToken cancel)
    {
        if (await db.Users.AnyAsync(cancel))
            return new Refusal("SetUpAlready", "An administrator exists; there is nothing to set up. Sign in.", RefusalKind.NotFound);
        if (!link.IsValid(token))
        {
            await db.DenyAsync(new Actor("unknown", ActorKind.Person), "setup.denied", "setup", time.GetUtcNow(), null, cancel);
            return new Refusal("LinkExpired", "The link is not valid any more. While nobody exists, the log shows a new one every 30 minutes, at each start, and after five wrong tries.", RefusalKind.Invalid);
        }

        if (string.IsNullOrWhiteSpace(email) || email.Length > LongestEmail || !email.Contains('@', StringComparison.Ordinal))
            return Refusal.Invalid("email", "An e-mail address is needed.");
        if (PasswordRules.WhyNot(password, email.Trim()) is { } why)
            return Refusal.Invalid("password", why);

        var at = time.GetUtcNow();
        var person = new Person { UserName = email.Trim(), Email = email.Trim(), Role = Role.Admin.Name(), CreatedAt = at };
        db.Audit(new Actor(person.Email, ActorKind.Person), "person.created", $"person/{person.Email}", at, "First administrator");
        var made = await people.CreateAsync(person, password!);
        if (!made.Succeeded)
            return Refusal.Invalid("email", string.Join(' ', made.Errors.Select(error => error.Description)));

        link.Use();
        await sessions.OpenAsync(person);
        return person;
    }

    private async Task<Outcome<Person>> CheckPasswordAsync(string? email, string? password, CancellationToken cancel)
    {
        var person = string.IsNullOrEmpty(email) || email.Length > LongestEmail ? null : await people.FindByEmailAsync(email);
        var given = password is { Length: > 0 and <= PasswordRules.Longest } ? password : null;
        if (person is { DisabledAt: null, PasswordHash: not null } && given is not null && !await people.IsLockedOutAsync(person))
        {
            if (await people.CheckPasswordAsync(person, given))
                return person.TwoFactorEnabled ? person : await SucceedAsync(person);
            await CountFailureAsync(person);
        }
        else
        {
            // As long as the check of a password that exists: the time of the answer tells nobody who is there.
            people.PasswordHasher.HashPassword(new Person(), given ?? "");
        }

        return await RefuseAsync(person, _refused, cancel);
    }

    private async Task<Outcome<Person>> CheckCodeAsync(Person person, string? code, CancellationToken cancel)
    {
        if (person.DisabledAt is null && !await people.IsLockedOutAsync(person))
        {
            if (await second.UseAsync(person, code))
                return await SucceedAsync(person);
            await CountFailureAsync(person);
        }

        return await RefuseAsync(person, _codeRefused, cancel);
    }

    private async Task<Person> SucceedAsync(Person person)
    {
        if (person.AccessFailedCount > 0)
            await people.ResetAccessFailedCountAsync(person);
        return person;
    }

    private async Task CountFailureAsync(Person person)
    {
        await people.AccessFailedAsync(person);
        if (await people.IsLockedOutAsync(person))
            db.Audit(new Actor(person.Email!, ActorKind.Person), "auth.locked", $"person/{person.Email}", time.GetUtcNow(), outcome: "denied");
    }

    private async Task<Outcome<Person>> RefuseAsync(Person? person, Refusal refusal, CancellationToken cancel)
    {
        await db.DenyAsync(new Actor(person?.Email ?? "unknown", ActorKind.Person), "auth.failed", "session", time.GetUtcNow(), null, cancel);
        return refusal;
    }
}

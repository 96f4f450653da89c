using ControlPlane.Data;
using ControlPlane.Data.Audit;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Identity;

namespace ControlPlane.Web.Features.Access;

/// <summary>Turns an invitation into an account. A link is bound to the security stamp of its account, so it works once, and not after a newer one was made.</summary>
internal sealed class Invitations(UserManager<Person> people, PersonSessions sessions, ControlPlaneDb db, TimeProvider time)
{
    public const string Purpose = "invitation";

    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(3);

    // The same words whatever the reason: nobody learns who was invited.
    private static readonly Refusal _refused = new("LinkExpired", "This invitation is not valid any more. Ask an administrator for a new one.", RefusalKind.Invalid);

    public async Task<Outcome<Person>> AcceptAsync(string? email, string? token, string? password, CancellationToken cancel)
    {
        if (PasswordRules.WhyNot(password, email) is { } why)
            return Refusal.Invalid("password", why);
        var person = email is { Length: > 0 and <= 256 } ? await people.FindByEmailAsync(email) : null;
        if (person is not { PasswordHash: null, DisabledAt: null } || token is not { Length: > 0 and <= 2048 }
            || !await people.VerifyUserTokenAsync(person, TokenOptions.DefaultProvider, Purpose, token))
        {
            await db.DenyAsync(new Actor(person?.Email ?? "unknown", ActorKind.Person), "auth.failed", "invitation", time.GetUtcNow(), null, cancel);
            return _refused;
        }

        db.Audit(new Actor(person.Email!, ActorKind.Person), "person.joined", $"person/{person.Email}", time.GetUtcNow());
        var made = await people.AddPasswordAsync(person, password!);
        if (!made.Succeeded)
            return Refusal.Invalid("password", string.Join(' ', made.Errors.Select(error => error.Description)));
        await sessions.OpenAsync(person);
        return person;
    }
}

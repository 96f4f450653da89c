using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>Whom a provider vouches for: found by issuer and subject, never by e-mail; the role comes from the groups at each sign-in.</summary>
internal sealed class OpenIdSignIn(UserManager<Person> people, ControlPlaneDb db, IOptions<OpenIdOptions> options, TimeProvider time)
{
    private const int LongestSubject = 255;

    /// <param name="vouched">Claims of an identity token whose signature, issuer, audience, nonce and time were checked.</param>
    public async Task<Outcome<Person>> FindAsync(ClaimsPrincipal vouched, CancellationToken cancel)
    {
        var (issuer, subject) = (vouched.FindFirstValue("iss"), vouched.FindFirstValue("sub"));
        if (issuer is null || subject is not { Length: > 0 and <= LongestSubject })
            return Refused("The provider did not say who this is.");
        if (RoleOf(vouched) is not { } role)
            return Refused($"None of the groups in the claim {options.Value.GroupClaim} has a role here.");

        var login = new UserLoginInfo(KeyOf(issuer), subject, issuer);
        return await people.FindByLoginAsync(login.LoginProvider, login.ProviderKey) is { } person
            ? await UpdateAsync(person, role)
            : await CreateAsync(vouched, login, role, cancel);
    }

    /// <returns>When the provider last saw a proof; null: it does not say.</returns>
    public DateTimeOffset? ProvedAt(ClaimsPrincipal vouched)
    {
        if (!long.TryParse(vouched.FindFirstValue("auth_time"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > uint.MaxValue)
            return null;
        var proved = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return proved < time.GetUtcNow() ? proved : time.GetUtcNow();
    }

    private static Refusal Refused(string message) => new("ProviderRefused", message, RefusalKind.Unauthenticated);

    /// <summary>An issuer may be longer than the column of its key.</summary>
    private static string KeyOf(string issuer) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(issuer)));

    private Role? RoleOf(ClaimsPrincipal vouched) => vouched.FindAll(options.Value.GroupClaim)
        .Select(group => options.Value.Roles.TryGetValue(group.Value, out var name) ? Domain.Identity.Roles.Of(name) : null)
        .Max();

    private async Task<Outcome<Person>> UpdateAsync(Person person, Role role)
    {
        if (person.DisabledAt is not null)
            return Refused("The account is disabled.");
        if (person.Role == role.Name())
            return person;
        db.Audit(new Actor(person.Email!, ActorKind.Person), "person.roleChanged", $"person/{person.Email}", time.GetUtcNow(), "Groups of the identity provider", person.Role, role.Name());
        person.Role = role.Name();
        return (await people.UpdateAsync(person)).Succeeded ? person : Refused("The account was changed at the same time. Try again.");
    }

    private async Task<Outcome<Person>> CreateAsync(ClaimsPrincipal vouched, UserLoginInfo login, Role role, CancellationToken cancel)
    {
        var email = vouched.FindFirstValue("email");
        if (email is not { Length: > 0 and <= 256 } || !email.Contains('@', StringComparison.Ordinal) || email.Any(char.IsControl) || vouched.FindFirstValue("email_verified") is not ("true" or "True"))
            return Refused("The provider has not verified the e-mail address.");
        if (await people.FindByEmailAsync(email) is not null)
            return Refused("An account with this e-mail address exists and does not belong to this provider.");

        var person = new Person { UserName = email, Email = email, EmailConfirmed = true, Role = role.Name(), CreatedAt = time.GetUtcNow() };
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        db.Audit(new Actor(email, ActorKind.Person), "person.created", $"person/{email}", time.GetUtcNow(), "Identity provider", after: role.Name());
        if (!(await people.CreateAsync(person)).Succeeded || !(await people.AddLoginAsync(person, login)).Succeeded)
            return Refused("The account could not be made.");
        await transaction.CommitAsync(cancel);
        return person;
    }
}

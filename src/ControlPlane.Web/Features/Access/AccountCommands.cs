using System.Text;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using QRCoder;

namespace ControlPlane.Web.Features.Access;

/// <summary>What somebody changes about their own account. Each works on rows of its own, since a page lives for hours.</summary>
internal sealed class AccountCommands(IServiceScopeFactory scopes, TimeProvider time)
{
    private const string Issuer = "Control Plane";
    private const int ModulePixels = 4;

    public Task<Outcome<AccountState>> ReadAsync(Actor actor, CancellationToken cancel) => WithAsync<AccountState>(actor, async (mine, _) =>
    {
        var left = await mine.Second.RecoveryCodesLeftAsync(mine.Person);
        var terminals = await mine.Db.ApiTokens.CountAsync(token => token.Kind == TokenKinds.Session && token.CreatedBy == actor.Name && token.RevokedAt == null && token.ExpiresAt > time.GetUtcNow(), cancel);
        return new AccountState(mine.Person.PasswordHash is not null, mine.Person.TwoFactorEnabled, left, terminals, actor.IsRecent(time.GetUtcNow()));
    });

    /// <summary>Ends all other sessions, and this one: the stamp is a new one.</summary>
    public Task<Outcome<Done>> ChangePasswordAsync(Actor actor, string? current, string? next, CancellationToken cancel) => WithAsync<Done>(actor, async (mine, people) =>
    {
        if (PasswordRules.WhyNot(next, mine.Person.Email) is { } why)
            return Refusal.Invalid("password", why);
        var known = await mine.SignIns.CheckOwnPasswordAsync(mine.Person, current, cancel);
        if (!known.TryGet(out _, out var refusal))
            return refusal;
        mine.Db.Audit(actor, "person.passwordChanged", $"person/{actor.Name}", time.GetUtcNow());
        await RevokeTerminalsAsync(mine.Db, actor, cancel);
        var changed = await people.ChangePasswordAsync(mine.Person, current!, next!);
        return changed.Succeeded ? default(Done) : Refusal.Invalid("password", string.Join(' ', changed.Errors.Select(error => error.Description)));
    });

    /// <summary>All sessions, in browsers and terminals, of this person.</summary>
    public Task<Outcome<Done>> EndSessionsAsync(Actor actor, CancellationToken cancel) => WithAsync<Done>(actor, async (mine, people) =>
    {
        await RevokeTerminalsAsync(mine.Db, actor, cancel);
        mine.Db.Audit(actor, "person.sessionsEnded", $"person/{actor.Name}", time.GetUtcNow());
        await people.UpdateSecurityStampAsync(mine.Person);
        return default(Done);
    });

    /// <summary>A key for an authenticator app; it counts once <see cref="ConfirmSecondFactorAsync"/> was given a code of it.</summary>
    public Task<Outcome<Enrolment>> BeginSecondFactorAsync(Actor actor, CancellationToken cancel) => WithAsync<Enrolment>(actor, async (mine, _) =>
    {
        if (WhyNot(actor, mine.Person, isOn: false) is { } refusal)
            return refusal;
        var key = await mine.Second.BeginAsync(mine.Person);
        var address = TimeCodes.Address(key, Issuer, mine.Person.Email!);
        using var picture = QRCodeGenerator.GenerateQrCode(address, QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(picture);
        return new Enrolment(TimeCodes.Base32(key), address, $"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg.GetGraphic(ModulePixels)))}");
    });

    /// <returns>Recovery codes, shown this once.</returns>
    public Task<Outcome<IReadOnlyList<string>>> ConfirmSecondFactorAsync(Actor actor, string? code, CancellationToken cancel) => WithAsync<IReadOnlyList<string>>(actor, async (mine, _) =>
    {
        if (WhyNot(actor, mine.Person, isOn: false) is { } refusal)
            return refusal;
        mine.Db.Audit(actor, "person.secondFactorOn", $"person/{actor.Name}", time.GetUtcNow());
        return await mine.Second.ConfirmAsync(mine.Person, code) is { } codes
            ? codes
            : Refusal.Invalid("code", "The code does not belong to the key. Look at the clock of the device, and type the code that is shown now.");
    });

    public Task<Outcome<Done>> RemoveSecondFactorAsync(Actor actor, CancellationToken cancel) => WithAsync<Done>(actor, async (mine, _) =>
    {
        if (WhyNot(actor, mine.Person, isOn: true) is { } refusal)
            return refusal;
        mine.Db.Audit(actor, "person.secondFactorOff", $"person/{actor.Name}", time.GetUtcNow());
        return await mine.Second.RemoveAsync(mine.Person) ? default(Done) : new Refusal("Stale", "The account was changed at the same time. Load the page again.", RefusalKind.Stale);
    });

    private Refusal? WhyNot(Actor actor, Person person, bool isOn) =>
        Proofs.WhyNot(actor, time.GetUtcNow())
        ?? (person.PasswordHash is null ? new Refusal("ProviderSignsIn", "You sign in through the identity provider; the second factor is its business.") : null)
        ?? (person.TwoFactorEnabled == isOn ? null : new Refusal("Stale", isOn ? "There is no second factor." : "There is a second factor already; remove it first.", RefusalKind.Stale));

    private async Task RevokeTerminalsAsync(ControlPlaneDb db, Actor actor, CancellationToken cancel)
    {
        var at = time.GetUtcNow();
        foreach (var token in await db.ApiTokens.Where(token => token.Kind == TokenKinds.Session && token.CreatedBy == actor.Name && token.RevokedAt == null).ToListAsync(cancel))
            token.RevokedAt = at;
    }

    private async Task<Outcome<T>> WithAsync<T>(Actor actor, Func<Mine, UserManager<Person>, Task<Outcome<T>>> act)
    {
        await using var scope = scopes.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        var person = actor.Kind == ActorKind.Person ? await people.FindByNameAsync(actor.Name) : null;
        if (person is not { DisabledAt: null })
            return new Refusal(Permissions.Forbidden, "This is for a person with an account.", RefusalKind.Forbidden);
        var mine = new Mine(person, scope.ServiceProvider.GetRequiredService<ControlPlaneDb>(), scope.ServiceProvider.GetRequiredService<SecondFactor>(), scope.ServiceProvider.GetRequiredService<SignInCommands>());
        return await act(mine, people);
    }

    private sealed record Mine(Person Person, ControlPlaneDb Db, SecondFactor Second, SignInCommands SignIns);
}

/// <param name="Terminals">Sessions of <c>cpctl login</c> that are still valid.</param>
/// <param name="IsRecent">Whether the last proof counts for changes of the second factor.</param>
public sealed record AccountState(bool HasPassword, bool HasSecondFactor, int RecoveryCodesLeft, int Terminals, bool IsRecent);

/// <param name="Key">To type where no picture can be taken.</param>
/// <param name="Picture">SVG of <paramref name="Address"/>, as a data address.</param>
internal sealed record Enrolment(string Key, string Address, string Picture)
{
    public override string ToString() => "Key of a second factor";
}

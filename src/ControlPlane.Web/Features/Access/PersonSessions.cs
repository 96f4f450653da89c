using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using ControlPlane.Data.Identity;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace ControlPlane.Web.Features.Access;

/// <summary>Opens sessions in browsers: each with an id of its own and the time at which the person proved who they are.</summary>
internal sealed class PersonSessions(SignInManager<Person> sessions, TimeProvider time)
{
    private const string BeganClaim = "cp:began";

    /// <summary>From sign-in on, however busy the session is.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    /// <summary>For who has just proved who they are.</summary>
    public Task OpenAsync(Person person) => sessions.SignInWithClaimsAsync(person, isPersistent: false, Claims(time.GetUtcNow(), time.GetUtcNow()));

    public Task CloseAsync() => sessions.Context.SignOutAsync(IdentityConstants.ApplicationScheme);

    /// <param name="provedAt">Null: not known, so whatever asks for a recent proof asks again.</param>
    public Task<ClaimsPrincipal> PrincipalAsync(Person person, DateTimeOffset? provedAt) => PrincipalAsync(person, provedAt, time.GetUtcNow());

    /// <summary>With the role that the person has now; the proof stays as old as it is.</summary>
    public Task<ClaimsPrincipal> AgainAsync(Person person, ClaimsPrincipal before) => PrincipalAsync(person, before.ProvedAt(), BeganAt(before) ?? DateTimeOffset.UnixEpoch);

    /// <summary>Whether the session has lasted its longest; one that does not say when it began has.</summary>
    public static bool IsOver(ClaimsPrincipal user, DateTimeOffset at) => BeganAt(user) is not { } began || at - began >= Longest;

    private static DateTimeOffset? BeganAt(ClaimsPrincipal user) =>
        long.TryParse(user.FindFirstValue(BeganClaim), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static List<Claim> Claims(DateTimeOffset? provedAt, DateTimeOffset beganAt)
    {
        List<Claim> claims = [new(BeganClaim, Seconds(beganAt)), new(Actors.SessionClaim, RandomNumberGenerator.GetHexString(32))];
        if (provedAt is { } proved)
            claims.Add(new(Actors.ProofClaim, Seconds(proved)));
        return claims;
    }

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private async Task<ClaimsPrincipal> PrincipalAsync(Person person, DateTimeOffset? provedAt, DateTimeOffset beganAt)
    {
        var user = await sessions.CreateUserPrincipalAsync(person);
        ((ClaimsIdentity)user.Identity!).AddClaims(Claims(provedAt, beganAt));
        return user;
    }
}

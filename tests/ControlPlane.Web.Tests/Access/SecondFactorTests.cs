using System.Net;
using System.Net.Http.Json;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Codes of an authenticator app.</summary>
public sealed class SecondFactorTests : IAsyncLifetime
{
    private const string Email = "viewer@example.org";

    private readonly HostedControlPlane _hosted = new();

    private AccountCommands Account => _hosted.Services.GetRequiredService<AccountCommands>();

    private static Actor Me => new(Email, ActorKind.Person, ProvedAt: TimeProvider.System.GetUtcNow());

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Fact]
    public async Task H15_A_code_is_asked_for_and_works_once()
    {
        var (key, _) = await SwitchOnAsync();
        using var asked = new AskedPage(_hosted, "/sign-in");
        var half = await SignInAsync(asked);
        var signedInAlready = await asked.GetWithCookiesAsync("/api/v1/models");
        // The code of the enrolment is used up, so this is the one after it.
        var code = TimeCodes.CodeAt(key, TimeProvider.System.GetUtcNow().AddSeconds(30));

        var first = await asked.PostFromAsync("/sign-in/code", "/sign-in/code", ("code", code));
        var signedIn = await asked.GetWithCookiesAsync("/api/v1/models");
        using var thief = new AskedPage(_hosted, "/sign-in");
        await SignInAsync(thief);
        var again = await thief.PostFromAsync("/sign-in/code", "/sign-in/code", ("code", code));

        Assert.Equal("/sign-in/code", half.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, signedInAlready);
        Assert.Equal("/", first.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, signedIn);
        Assert.Equal("/sign-in/code?error=CodeRefused", again.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task H15_After_five_wrong_codes_the_right_one_is_refused_too()
    {
        var (key, _) = await SwitchOnAsync();
        using var asked = new AskedPage(_hosted, "/sign-in");
        await SignInAsync(asked);
        foreach (var wrong in new[] { "000000", "000001", "000002", "000003", "abcdef" })
            await asked.PostFromAsync("/sign-in/code", "/sign-in/code", ("code", wrong));

        var right = await asked.PostFromAsync("/sign-in/code", "/sign-in/code", ("code", TimeCodes.CodeAt(key, TimeProvider.System.GetUtcNow().AddSeconds(30))));

        Assert.Equal("/sign-in/code?error=CodeRefused", right.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task H15_A_terminal_shows_a_code_too_and_a_recovery_code_works_once()
    {
        var (_, codes) = await SwitchOnAsync();

        var without = await SessionAsync(null);
        var with = await SessionAsync(codes[0]);
        var again = await SessionAsync(codes[0]);

        Assert.Equal((HttpStatusCode.Unauthorized, "SecondFactorRequired"), (without.StatusCode, await without.CodeAsync()));
        Assert.Equal(HttpStatusCode.OK, with.StatusCode);
        Assert.Equal((HttpStatusCode.Unauthorized, "CodeRefused"), (again.StatusCode, await again.CodeAsync()));
    }

    [Fact]
    public async Task H90_Neither_key_nor_recovery_codes_can_be_read_in_the_database()
    {
        var (key, codes) = await SwitchOnAsync();

        var everything = await _hosted.SnapshotAsync();

        Assert.DoesNotContain(Convert.ToHexString(key), everything, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(TimeCodes.Base32(key), everything, StringComparison.OrdinalIgnoreCase);
        Assert.All(codes, code => Assert.DoesNotContain(code, everything, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task H21_Switching_it_on_or_off_needs_a_recent_proof()
    {
        var old = Me with { ProvedAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(16) };
        await SwitchOnAsync();

        var off = await Account.RemoveSecondFactorAsync(old, CancellationToken.None);
        var terminal = await Account.RemoveSecondFactorAsync(Me with { ProvedAt = null }, CancellationToken.None);
        var recent = await Account.RemoveSecondFactorAsync(Me, CancellationToken.None);

        Assert.False(off.TryGet(out _, out var refusal));
        Assert.Equal(Proofs.ProofRequired, refusal.Code);
        Assert.False(terminal.TryGet(out _, out _));
        Assert.True(recent.TryGet(out _, out _));
        Assert.Equal(HttpStatusCode.OK, (await SessionAsync(null)).StatusCode);
    }

    private static Task<HttpResponseMessage> SignInAsync(AskedPage asked) => asked.PostAsync("/sign-in", ("email", Email), ("password", HostedControlPlane.Password));

    private async Task<(byte[] Key, IReadOnlyList<string> Codes)> SwitchOnAsync()
    {
        var enrolment = Value(await Account.BeginSecondFactorAsync(Me, CancellationToken.None));
        var key = FromBase32(enrolment.Key);
        var codes = Value(await Account.ConfirmSecondFactorAsync(Me, TimeCodes.CodeAt(key, TimeProvider.System.GetUtcNow()), CancellationToken.None));
        Assert.StartsWith("otpauth://totp/", enrolment.Address);
        Assert.StartsWith("data:image/svg+xml;base64,", enrolment.Picture);
        Assert.Equal(10, codes.Distinct().Count());
        return (key, codes);
    }

    private static T Value<T>(Outcome<T> outcome) => outcome.TryGet(out var value, out var refusal) ? value : throw new InvalidOperationException(refusal.Message);

    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(chunk => chunk.Length == 8).Select(chunk => Convert.ToByte(new string(chunk), 2))];
    }

    private async Task<HttpResponseMessage> SessionAsync(string? code) =>
        await _hosted.As("anon").PostAsJsonAsync("/api/v1/session", new { email = Email, password = HostedControlPlane.Password, code });
}

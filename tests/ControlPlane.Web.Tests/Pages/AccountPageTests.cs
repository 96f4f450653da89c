using System.Globalization;
using System.Security.Claims;
using Bunit;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Tests.Pages;

public sealed class AccountPageTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();

    public AccountPageTests() => _pages.Change(db => db.Users.Single().PasswordHash = new Microsoft.AspNetCore.Identity.PasswordHasher<string>().HashPassword("", "correct horse battery"));

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void The_second_factor_is_switched_on_with_a_code_and_recovery_codes_are_shown_once()
    {
        ProveAt(PageContext.Noon);
        var page = _pages.Render<AccountPage>();
        page.FindAll("button").Single(button => button.TextContent == "Set up").Click();
        page.WaitForElement("img.qr");
        page.Find("#factor-code").Change("000000");
        page.Find("form:has(#factor-code)").Submit();
        page.WaitForAssertion(() => Assert.Contains("does not belong to the key", page.Find("[role=alert]").TextContent));

        page.Find("#factor-code").Change(TimeCodes.CodeAt(KeyOn(page), PageContext.Noon));
        page.Find("form:has(#factor-code)").Submit();
        page.WaitForAssertion(() => Assert.Equal(10, page.Find("pre").TextContent.Trim().Split('\n').Length));
        page.FindAll("button").Single(button => button.TextContent == "I have kept them").Click();

        page.WaitForAssertion(() => Assert.Contains("10 recovery codes are left", page.Markup));
        Assert.Empty(page.FindAll("pre"));
        Assert.True(_pages.Read(db => db.Users.Single().TwoFactorEnabled));
    }

    [Fact]
    public void H21_Who_proved_it_long_ago_is_asked_to_confirm_first()
    {
        ProveAt(PageContext.Noon - TimeSpan.FromMinutes(16));

        var page = _pages.Render<AccountPage>();

        Assert.Equal("/account/confirm?returnUrl=%2Faccount", page.FindAll("a.btn").Single(link => link.TextContent.StartsWith("Confirm", StringComparison.Ordinal)).GetAttribute("href"));
        Assert.DoesNotContain(page.FindAll("button"), button => button.TextContent == "Set up");
    }

    private void ProveAt(DateTimeOffset at) => _pages.Who.SetClaims(new Claim(Actors.ProofClaim, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), new Claim(Actors.KindClaim, "person"));

    private static byte[] KeyOn(IRenderedComponent<AccountPage> page)
    {
        var key = page.Find("details").TextContent.Split("secret=")[1].Split('&')[0];
        var bits = string.Concat(key.Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(chunk => chunk.Length == 8).Select(chunk => Convert.ToByte(new string(chunk), 2))];
    }
}

using System.Text.RegularExpressions;
using EndToEnd.Tests.Kit;
using Testing;

namespace EndToEnd.Tests.Browser;

/// <summary>The first start, as a newcomer meets it.</summary>
public sealed partial class SetupTests
{
    [Fact]
    public async Task The_link_in_the_log_makes_the_first_administrator_once()
    {
        await using var installation = await Installation.StartAsync(productionNodes: 1, hasAdministrator: false);
        await using var chromium = await Chromium.StartAsync();
        var link = await Eventually.GetAsync(() => Task.FromResult(Link().Match(installation.ControlPlane.Output)), match => match.Success, TimeSpan.FromSeconds(20), "the link in the log");
        var path = new Uri(link.Groups[1].Value).PathAndQuery;
        var page = await chromium.OpenAsync(installation.Url);

        await page.GotoAsync("/setup?token=not-the-one");
        Assert.Contains("not valid any more", await page.Locator("main h2, .card h2").First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("input[name=password]").CountAsync());

        await page.GotoAsync(path);
        IReadOnlyList<string> barriers = await Barriers.OfAsync(page);
        await page.Locator("input[name=email]").FillAsync("first@example.com");
        await page.Locator("input[name=password]").FillAsync("correct horse battery");
        await page.Locator("button[type=submit]").ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("setup", StringComparison.Ordinal));
        await page.Locator("h1").First.WaitForAsync();

        Assert.Empty(barriers);
        Assert.Equal("Overview", await page.Locator("h1").First.InnerTextAsync());

        var another = await chromium.OpenAsync(installation.Url);
        var gone = await another.GotoAsync(path);
        Assert.Equal(404, gone!.Status);
        Assert.Contains("nothing to set up", await gone.TextAsync(), StringComparison.Ordinal);
        await another.GotoAsync("/sign-in");
        Assert.Empty(await Barriers.OfAsync(another));
        await another.Locator("input[name=email]").FillAsync("first@example.com");
        await another.Locator("input[name=password]").FillAsync("not the password");
        await another.Locator("button[type=submit]").First.ClickAsync();
        await another.Locator("[role=alert]").First.WaitForAsync();
        Assert.Contains("/sign-in", another.Url, StringComparison.Ordinal);
        Assert.Empty(chromium.Complaints);
    }

    [GeneratedRegex(@"Open (http\S+/setup\?token=\S+)")]
    private static partial Regex Link();
}

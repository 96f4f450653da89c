using EndToEnd.Tests.Kit;
using Microsoft.Playwright;
using Testing;

namespace EndToEnd.Tests.Browser;

/// <summary>What a person without a mouse does: every step by Tab, Enter, Space and Escape, and the place is always to be seen.</summary>
public sealed class KeyboardTests(BrowsedInstallation browsed) : IClassFixture<BrowsedInstallation>
{
    private const int MostSteps = 80;

    /// <summary>The focused element, or the frame around a field, has an outline or a ring, and a size.</summary>
    private const string IsSeen = """
        () => {
          const focused = document.activeElement;
          if (!focused || focused === document.body) return true;
          const place = focused.getBoundingClientRect();
          const isMarked = element => {
            const style = getComputedStyle(element);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
          };
          return (isMarked(focused) || focused.matches('input') && isMarked(focused.parentElement)) && place.width > 0 && place.height > 0;
        }
        """;

    [Fact]
    public async Task U07_Signs_in_finds_an_endpoint_deploys_a_version_and_rolls_back()
    {
        var page = await browsed.Chromium.OpenAsync(browsed.Installation.Url);
        await page.GotoAsync("/sign-in");
        await ReachAsync(page, "input[name=email]");
        await page.Keyboard.TypeAsync(Installation.Email);
        await ReachAsync(page, "input[name=password]");
        await page.Keyboard.TypeAsync(Installation.Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(url => !url.Contains("sign-in", StringComparison.Ordinal));

        await ReachAsync(page, "a[href$='endpoints']");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(url => url.EndsWith("/endpoints", StringComparison.Ordinal));
        await ReachAsync(page, "a[href$='endpoints/production/adder']");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(url => url.Contains("/endpoints/production/adder", StringComparison.Ordinal));

        await OpenAsync(page, "button:has-text('Deploy version')");
        await page.Keyboard.PressAsync("Escape");
        await page.Locator("dialog[open], [role=dialog]").First.WaitForAsync(new() { State = WaitForSelectorState.Detached });

        var before = await ServedAsync();
        await OpenAsync(page, "button.back:has-text('Roll back')");
        await ReachAsync(page, "button[type=submit][form].back");
        await page.Keyboard.PressAsync("Enter");

        await Eventually.TrueAsync(async () => await ServedAsync() != before, TimeSpan.FromSeconds(15), "the other version serves");
        Assert.Empty(browsed.Chromium.Complaints);
    }

    /// <summary>The skip link is the first stop of every page and leads past the navigation.</summary>
    [Fact]
    public async Task U07_The_first_stop_is_the_way_past_the_navigation()
    {
        var page = browsed.Light;
        await page.GotoAsync("/models");
        await page.Locator("h1").First.WaitForAsync();

        await page.Keyboard.PressAsync("Tab");

        Assert.True(await page.EvaluateAsync<bool>("document.activeElement.matches('a[href*=\"#\"]') && /skip/i.test(document.activeElement.textContent)"), await FocusedAsync(page));
    }

    private async Task<string?> ServedAsync() =>
        (await browsed.Installation.GetAsync("environments/production/endpoints/adder")).GetProperty("arms")[0].GetProperty("version").GetString();

    /// <summary>A page is there before it is alive: a key that came too early is pressed again.</summary>
    private static async Task OpenAsync(IPage page, string button)
    {
        await ReachAsync(page, button);
        await Eventually.TrueAsync(async () =>
        {
            if (await page.Locator("dialog[open], [role=dialog]").CountAsync() == 0)
                await page.Keyboard.PressAsync("Enter");
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            return await page.Locator("dialog[open], [role=dialog]").CountAsync() > 0;
        }, TimeSpan.FromSeconds(15), $"what {button} opens");
    }

    /// <summary>Tabs until the element has the focus; every stop on the way must show that it has it.</summary>
    private static async Task ReachAsync(IPage page, string selector)
    {
        await page.Locator(selector).First.WaitForAsync();
        for (var step = 0; step < MostSteps; step++)
        {
            if (await page.Locator(selector).EvaluateAllAsync<bool>("found => found.includes(document.activeElement)"))
                return;
            await page.Keyboard.PressAsync("Tab");
            // A page that becomes alive while a key is pressed draws itself anew.
            for (var look = 0; !await page.EvaluateAsync<bool>(IsSeen); look++)
            {
                Assert.True(look < 10, $"The focus is not to be seen: {await FocusedAsync(page)}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }

        Assert.Fail($"{selector} was not reached with {MostSteps} presses of Tab; the last stop: {await FocusedAsync(page)}");
    }

    private static Task<string> FocusedAsync(IPage page) => page.EvaluateAsync<string>("document.activeElement ? document.activeElement.outerHTML.slice(0, 120) + ' ' + getComputedStyle(document.activeElement).outline + ' ' + getComputedStyle(document.activeElement).boxShadow : 'nothing'");
}

using Microsoft.Playwright;

namespace EndToEnd.Tests.Kit;

/// <summary>The browser of the machine, without a window.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Messages of pages that should not be there: script errors, what the content security policy stopped, and requests to other hosts.</summary>
    public List<string> Complaints { get; } = [];

    public static async Task<Chromium> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
        return new Chromium(playwright, browser);
    }

    public async Task<IPage> OpenAsync(string site, int width = 1440, int height = 900, bool dark = false)
    {
        var context = await _browser.NewContextAsync(new() { BaseURL = site, ViewportSize = new() { Width = width, Height = height }, ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });
        var page = await context.NewPageAsync();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(site, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                Complaints.Add($"{page.Url} asked {request.Url}");
        };
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
                Complaints.Add($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => Complaints.Add($"{page.Url}: {error}");
        return page;
    }

    public async Task<IPage> SignInAsync(Installation installation, int width = 1440, int height = 900, bool dark = false)
    {
        var page = await OpenAsync(installation.Url, width, height, dark);
        await page.GotoAsync("/sign-in");
        await page.Locator("input[name=email]").FillAsync(Installation.Email);
        await page.Locator("input[name=password]").FillAsync(Installation.Password);
        await page.Locator("button[type=submit]").First.ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("sign-in", StringComparison.Ordinal));
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

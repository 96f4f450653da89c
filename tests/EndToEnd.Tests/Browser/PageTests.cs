using System.Text;
using EndToEnd.Tests.Kit;
using Microsoft.Playwright;
using Testing;
using Testing.Load;
using Testing.Models;

namespace EndToEnd.Tests.Browser;

/// <summary>Every page in a real browser, in light and dark and at the width of a phone. Pictures go to <c>artifacts/screens</c>.</summary>
public sealed class PageTests(BrowsedInstallation browsed) : IClassFixture<BrowsedInstallation>
{
    private static readonly string _screens = Path.Combine(Repository.Root, "artifacts", "screens");

    public static TheoryData<string, string> Pages => new()
    {
        { "overview", "/" },
        { "models", "/models" },
        { "model", "/models/adder" },
        { "version", "/models/adder/versions/2" },
        { "version-rejected", "/models/broken/versions/1" },
        { "upload", "/models/adder/upload" },
        { "endpoints", "/endpoints" },
        { "endpoint", "/endpoints/production/adder" },
        { "endpoint-traffic", "/endpoints/production/adder?tab=traffic" },
        { "endpoint-history", "/endpoints/production/adder?tab=history" },
        { "rollout", "/rollouts/2" },
        { "nodes", "/nodes" },
        { "node", "/nodes/production-1" },
        { "requests", "/requests?endpoint=production%2Fadder" },
        { "not-found", "/models/nothing-of-this-name" },
    };

    [Theory, MemberData(nameof(Pages))]
    public async Task Shows_itself_in_light_and_dark_and_on_a_phone(string name, string path)
    {
        await LookAsync(browsed.Light, name, path);
        await LookAsync(browsed.Dark, name + "-dark", path);
        await LookAsync(browsed.Phone, name + "-400", path);

        Assert.Empty(browsed.Chromium.Complaints);
        Assert.False(await browsed.Phone.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"), "The page is wider than the phone.");
    }

    [Fact]
    public async Task Rolls_back_with_one_click_and_a_confirmation()
    {
        var page = browsed.Light;
        await page.GotoAsync("/endpoints/production/adder");
        var before = await browsed.Installation.GetAsync("environments/production/endpoints/adder");
        var version = before.GetProperty("arms")[0].GetProperty("version").GetString();

        var confirm = page.Locator("button[type=submit][form].back");
        // The document is there before the page is alive: a click that came too early is repeated.
        await Eventually.TrueAsync(async () =>
        {
            if (await confirm.CountAsync() == 0)
                await page.Locator("button[type=button].back").First.ClickAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            return await confirm.CountAsync() == 1;
        }, TimeSpan.FromSeconds(15), "the question whether to roll back");
        await confirm.ClickAsync();

        await Eventually.GetAsync(() => browsed.Installation.GetAsync("environments/production/endpoints/adder"),
            now => now.GetProperty("arms")[0].GetProperty("version").GetString() != version, TimeSpan.FromSeconds(10), "the other version serves");
        await page.ScreenshotAsync(new() { Path = Path.Combine(_screens, "rolled-back.png") });
    }

    [Fact]
    public async Task Uploads_a_model_in_the_browser_and_shows_its_validation()
    {
        var page = browsed.Light;
        await page.GotoAsync("/models/adder/upload");
        var start = page.Locator("button[data-start]");
        await Eventually.TrueAsync(async () =>
        {
            // Until the page is alive nothing takes the file; once it was taken, the button is gone.
            if (await start.IsVisibleAsync())
            {
                await page.Locator("input[type=file]").First.SetInputFilesAsync(new FilePayload { Name = "adder3.onnx", MimeType = "application/octet-stream", Buffer = TinyModel.Add(3) });
                if (await start.IsEnabledAsync())
                    await start.ClickAsync();
            }

            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
            return page.Url.Contains("/versions/", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(60), "the page of the new version");

        await Eventually.GetAsync(() => browsed.Installation.GetAsync("models/adder/versions/3?wait=30s"),
            version => version.GetProperty("status").GetString() == "Ready", TimeSpan.FromSeconds(60), "version 3 ready");
        await page.ScreenshotAsync(new() { Path = Path.Combine(_screens, "uploaded.png"), FullPage = true });
    }

    private static async Task LookAsync(IPage page, string name, string path)
    {
        await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
        await page.Locator("h1").First.WaitForAsync(new() { Timeout = 15_000 });
        await Task.Delay(TimeSpan.FromMilliseconds(1200), TimeProvider.System);
        Directory.CreateDirectory(_screens);
        await page.ScreenshotAsync(new() { Path = Path.Combine(_screens, name + ".png"), FullPage = true });
        Assert.Equal(0, await page.Locator("#blazor-error-ui:visible").CountAsync());
    }
}

/// <summary>An installation with a model, an endpoint with two versions behind it, and traffic.</summary>
public sealed class BrowsedInstallation : IAsyncLifetime
{
    private OpenLoopLoad? _load;

    public Installation Installation { get; private set; } = null!;

    public Chromium Chromium { get; private set; } = null!;

    public IPage Light { get; private set; } = null!;

    public IPage Dark { get; private set; } = null!;

    public IPage Phone { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Installation = await Installation.StartAsync();
        await Installation.UploadAsync("adder", TinyModel.Add(1));
        await Installation.UploadAsync("adder", TinyModel.Add(2));
        await Installation.UploadAsync("broken", TinyModel.UnknownOperator());
        await Installation.CreateEndpointAsync("adder");
        await Installation.DeployAsync("adder", "adder", "1");
        _load = OpenLoopLoad.Start(50, $"{Installation.Gateway}/predict/adder", Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}"""));
        await Eventually.TrueAsync(() => _load.History.Count > 250, TimeSpan.FromSeconds(30), "traffic");
        await Installation.DeployAsync("adder", "adder", "2");
        await Eventually.TrueAsync(() => _load.History.Count > 800, TimeSpan.FromSeconds(30), "traffic");
        Chromium = await Chromium.StartAsync();
        Light = await Chromium.SignInAsync(Installation);
        Dark = await Chromium.SignInAsync(Installation, dark: true);
        Phone = await Chromium.SignInAsync(Installation, width: 400, height: 800);
    }

    public async ValueTask DisposeAsync()
    {
        if (_load is not null)
            await _load.DisposeAsync();
        if (Chromium is not null)
            await Chromium.DisposeAsync();
        await Installation.DisposeAsync();
    }
}

using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
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
        { "rollouts", "/rollouts" },
        { "rollout-new", "/rollouts/new?endpoint=production/adder&version=1" },
        { "rollout-edit", "/rollouts/3/edit" },
        { "rollout", "/rollouts/2" },
        { "rollout-awaiting", "/rollouts/3" },
        { "rollout-canary", "/rollouts/6" },
        { "approvals", "/approvals" },
        { "nodes", "/nodes" },
        { "node", "/nodes/production-1" },
        { "node-join", "/nodes/join" },
        { "requests", "/requests?endpoint=production%2Fadder" },
        { "settings-users", "/settings/users" },
        { "settings-roles", "/settings/roles" },
        { "settings-tokens", "/settings/tokens" },
        { "settings-environments", "/settings/environments" },
        { "account", "/account" },
        { "audit", "/audit" },
        { "audit-filtered", "/audit?target=endpoint%2Fproduction%2Fadder&outcome=done" },
        { "account-confirm", "/account/confirm" },
        { "device", "/device" },
        { "sign-in-code", "/sign-in/code" },
        { "not-found", "/models/nothing-of-this-name" },
    };

    [Theory, MemberData(nameof(Pages))]
    public async Task U07_Shows_itself_in_light_and_dark_and_on_a_phone_without_barriers(string name, string path)
    {
        IReadOnlyList<string> barriers =
        [
            .. await LookAsync(browsed.Light, name, path),
            .. await LookAsync(browsed.Dark, name + "-dark", path),
            .. await LookAsync(browsed.Phone, name + "-400", path),
        ];

        Assert.True(barriers.Count == 0, string.Join(Environment.NewLine, barriers));
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
    public async Task Approves_what_somebody_else_asks_for()
    {
        var page = browsed.Light;
        await page.GotoAsync("/approvals");
        var confirm = page.Locator("button[type=submit][form].primary");
        await Eventually.TrueAsync(async () =>
        {
            if (await confirm.CountAsync() == 0)
                await page.Locator("article:has-text('#4') button.primary").First.ClickAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            return await confirm.CountAsync() == 1;
        }, TimeSpan.FromSeconds(15), "the question whether to approve");
        await page.ScreenshotAsync(new() { Path = Path.Combine(_screens, "approving.png") });
        await confirm.ClickAsync();

        await Eventually.GetAsync(() => browsed.Installation.GetAsync("rollouts/4"), now => now.GetProperty("state").GetString() == "Progressing", TimeSpan.FromSeconds(10), "the approval starts it");
        await page.GotoAsync("/rollouts/4");
        await page.Locator("h1").First.WaitForAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(_screens, "approved.png"), FullPage = true });
    }

    [Fact]
    public async Task Uploads_a_model_in_the_browser_and_shows_its_validation()
    {
        var page = browsed.Light;
        // What is chosen and written before the page comes alive stays when it puts its own elements in place.
        var comesAlive = new TaskCompletionSource();
        await page.RouteAsync("**/blazor.web*.js", async route =>
        {
            await comesAlive.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync("/models/adder/upload", new() { WaitUntil = WaitUntilState.Commit });
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "adder3.onnx", MimeType = "application/octet-stream", Buffer = TinyModel.Add(3) });
        await page.Locator("#up-source").FillAsync("run 17");
        await page.Locator("version-upload").EvaluateAsync("element => element.id = 'before'");
        comesAlive.SetResult();
        await page.Locator("version-upload:not(#before)").WaitForAsync();
        await page.UnrouteAllAsync();
        await Assertions.Expect(page.Locator("button[data-start]")).ToBeEnabledAsync();
        await Assertions.Expect(page.Locator("#up-source")).ToHaveValueAsync("run 17");
        await page.Locator("button[data-start]").ClickAsync();
        await page.WaitForURLAsync("**/versions/3");

        await Eventually.GetAsync(() => browsed.Installation.GetAsync("models/adder/versions/3?wait=30s"),
            version => version.GetProperty("status").GetString() == "Ready", TimeSpan.FromSeconds(60), "version 3 ready");
        await page.ScreenshotAsync(new() { Path = Path.Combine(_screens, "uploaded.png"), FullPage = true });
    }

    /// <returns>What keeps people from using it.</returns>
    private static async Task<IReadOnlyList<string>> LookAsync(IPage page, string name, string path)
    {
        await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
        await page.Locator("h1").First.WaitForAsync(new() { Timeout = 15_000 });
        await Task.Delay(TimeSpan.FromMilliseconds(1200), TimeProvider.System);
        Directory.CreateDirectory(_screens);
        await page.ScreenshotAsync(new() { Path = Path.Combine(_screens, name + ".png"), FullPage = true });
        Assert.Equal(0, await page.Locator("#blazor-error-ui:visible").CountAsync());
        return await Barriers.OfAsync(page);
    }
}

/// <summary>An installation with a model, an endpoint with two versions behind it, and traffic.</summary>
public sealed class BrowsedInstallation : IAsyncLifetime
{
    private OpenLoopLoad? _load;
    private OpenLoopLoad? _split;

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
        await AskForApprovalAsync();
        await BeginCanaryAsync();
        Chromium = await Chromium.StartAsync();
        Light = await Chromium.SignInAsync(Installation);
        Dark = await Chromium.SignInAsync(Installation, dark: true);
        Phone = await Chromium.SignInAsync(Installation, width: 400, height: 800);
    }

    /// <summary>By the installation's token, behind which there is no person: whoever looks may approve it.</summary>
    private async Task AskForApprovalAsync()
    {
        (await Installation.Api.PostAsJsonAsync("environments", new { name = "guarded", @protected = true })).EnsureSuccessStatusCode();
        (await Installation.Api.PostAsJsonAsync("environments/guarded/endpoints", new { name = "adder" })).EnsureSuccessStatusCode();
        foreach (var version in new[] { "1", "2" })
            (await Installation.Api.PostAsJsonAsync("environments/guarded/endpoints/adder/deploy", new { model = "adder", version })).EnsureSuccessStatusCode();
    }

    /// <summary>A quarter of another endpoint's traffic, watched by three gates for an hour.</summary>
    private async Task BeginCanaryAsync()
    {
        await Installation.CreateEndpointAsync("split");
        await Installation.DeployAsync("split", "adder", "1");
        var plan = JsonSerializer.Deserialize<JsonElement>(
            """{"strategy":"canary","steps":[{"weight":"25%","hold":"1h","minSamples":500},{"weight":"50%","hold":"1h"},{"weight":"100%"}],"gates":[{"metric":"error_rate","against":"stable","maxIncrease":"20%"},{"metric":"latency_p99","max":"200ms","minSamples":20},{"metric":"prediction_mean","against":"stable","maxDifference":0.5,"onBreach":"pause"}]}""");
        using var made = await Installation.Api.PostAsJsonAsync("environments/production/endpoints/split/rollouts", new { release = new { model = "adder@2" }, rollout = plan });
        var id = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync()).GetProperty("id").GetString();
        foreach (var verb in new[] { "submit", "start" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"rollouts/{id}/{verb}") { Content = JsonContent.Create(new { }) };
            request.Headers.IfMatch.Add(System.Net.Http.Headers.EntityTagHeaderValue.Any);
            (await Installation.Api.SendAsync(request)).EnsureSuccessStatusCode();
        }

        _split = OpenLoopLoad.Start(30, $"{Installation.Gateway}/predict/split", Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}"""));
    }

    public async ValueTask DisposeAsync()
    {
        if (_split is not null)
            await _split.DisposeAsync();
        if (_load is not null)
            await _load.DisposeAsync();
        if (Chromium is not null)
            await Chromium.DisposeAsync();
        await Installation.DisposeAsync();
    }
}

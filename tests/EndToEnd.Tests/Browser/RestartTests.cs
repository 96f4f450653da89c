using System.Net.Http.Json;
using EndToEnd.Tests.Kit;
using Microsoft.Playwright;
using Testing;
using Testing.Models;

namespace EndToEnd.Tests.Browser;

/// <summary>The control plane goes away under open pages.</summary>
public sealed class RestartTests
{
    private const int Pages = 20;

    [Fact]
    public async Task F100_Twenty_open_pages_say_that_serving_goes_on_and_come_back_by_themselves_with_their_view()
    {
        await using var installation = await Installation.StartAsync(productionNodes: 1);
        await installation.UploadAsync("adder", TinyModel.Add(1));
        await installation.CreateEndpointAsync("adder");
        await using var chromium = await Chromium.StartAsync();
        // One person has ten live pages at most.
        List<IPage> people = [await chromium.SignInAsync(installation), await InvitedAsync(chromium, installation, "mara@example.com"), await InvitedAsync(chromium, installation, "priya@example.com")];
        var pages = people.ToList();
        while (pages.Count < Pages)
            pages.Add(await people[pages.Count % people.Count].Context.NewPageAsync());
        foreach (var page in pages)
        {
            await page.GotoAsync("/endpoints/production/adder?range=1h&tab=traffic");
            await page.Locator("h1").First.WaitForAsync();
        }

        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        await installation.KillControlPlaneAsync();
        foreach (var page in pages)
            await page.GetByText("Serving is not affected").First.WaitForAsync(new() { State = WaitForSelectorState.Visible, Timeout = 60_000 });
        await installation.StartControlPlaneAsync();

        foreach (var page in pages)
        {
            await page.GetByText("Serving is not affected").First.WaitForAsync(new() { State = WaitForSelectorState.Hidden, Timeout = 60_000 });
            await page.Locator("h1").First.WaitForAsync();
            Assert.EndsWith("/endpoints/production/adder?range=1h&tab=traffic", page.Url, StringComparison.Ordinal);
        }
    }

    private static async Task<IPage> InvitedAsync(Chromium chromium, Installation installation, string email)
    {
        using var opened = await installation.Api.PostAsJsonAsync("session", new { email = Installation.Email, password = Installation.Password });
        using var request = new HttpRequestMessage(HttpMethod.Post, "users") { Content = JsonContent.Create(new { email, role = "viewer" }) };
        request.Headers.Authorization = new("Bearer", (await Installation.ReadAsync(opened)).GetProperty("token").GetString());
        using var invited = await installation.Api.SendAsync(request);
        var page = await chromium.OpenAsync(installation.Url);
        await page.GotoAsync((await Installation.ReadAsync(invited)).GetProperty("link").GetString()!);
        await page.Locator("input[name=password]").FillAsync(Installation.Password);
        await page.Locator("button[type=submit]").First.ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("invitation", StringComparison.Ordinal));
        return page;
    }
}

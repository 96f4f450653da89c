using Bunit;
using ControlPlane.Data;
using ControlPlane.Data.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Features.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Tests.Pages;

/// <summary>The audit as people read it.</summary>
public sealed class AuditPageTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void Nothing_yet_no_match_and_not_for_your_role_are_told_apart()
    {
        // A page that is open follows the address: each is read before the next is asked for.
        Assert.Contains("Nothing yet", _pages.Render<AuditPage>().Find(".empty").TextContent);

        _pages.Navigation.NavigateTo("audit?actor=nobody@example.org");
        Assert.Contains("No row matches", _pages.Render<AuditPage>().Find(".empty").TextContent);

        _pages.Become(Role.Viewer);
        _pages.Navigation.NavigateTo("audit");
        var denied = _pages.Render<AuditPage>();
        Assert.Contains("Not for your role", denied.Find("h1").TextContent);
        Assert.Contains("read, export and verify the audit", denied.Find(".empty").TextContent);
    }

    [Fact]
    public void The_address_filters_and_pages_and_a_row_opens_before_and_after()
    {
        _pages.Change(db =>
        {
            for (var i = 0; i < 60; i++)
                db.Audit(Samples.Mara, "person.roleChanged", $"person/p{i}", PageContext.Noon.AddSeconds(i), "<b>why</b>", "viewer", "engineer");
        });
        var page = _pages.Render<AuditPage>();
        Assert.Equal((50, "person/p59"), (page.FindAll("tbody tr").Count, page.Find("tbody td a").TextContent));

        _pages.Navigation.NavigateTo(page.FindAll("footer a").Single(link => link.TextContent == "Older").GetAttribute("href")!);
        page.WaitForAssertion(() => Assert.Equal((10, "person/p9"), (page.FindAll("tbody tr").Count, page.Find("tbody td a").TextContent)));

        _pages.Navigation.NavigateTo("audit?target=person%2Fp7");
        page.WaitForAssertion(() => Assert.Single(page.FindAll("tbody tr")));
        var row = page.Find("tbody tr");
        Assert.Equal("<b>why</b>", row.QuerySelector("summary")!.TextContent);
        Assert.Contains("Before viewer", row.QuerySelector("details")!.TextContent);
        Assert.Contains("After engineer", row.QuerySelector("details")!.TextContent);
        Assert.Contains("target=person%2Fp7", page.Find("a[download]").GetAttribute("href"));
    }

    [Fact]
    public async Task Verify_says_how_far_the_chain_holds_and_what_is_wrong()
    {
        _pages.Change(db => db.Audit(Samples.Mara, "model.created", "model/fraud", PageContext.Noon));
        await _pages.Services.GetRequiredService<IDbContextFactory<ControlPlaneDb>>().SealAsync(PageContext.Noon, CancellationToken.None);
        var page = _pages.Render<AuditPage>();

        await page.Find("button.btn.s").ClickAsync();
        page.WaitForAssertion(() => Assert.Contains("Verified up to link 1 at 3 May 2026 12:00:00 UTC", page.Find("p.now").TextContent));
        _pages.Change(db => db.AuditEntries.ExecuteUpdate(row => row.SetProperty(entry => entry.Actor, "other")));
        await page.Find("button.btn.s").ClickAsync();

        page.WaitForAssertion(() => Assert.Contains("The chain is broken: Row 1 is not as it was sealed.", page.Find("p.now").TextContent));
    }
}

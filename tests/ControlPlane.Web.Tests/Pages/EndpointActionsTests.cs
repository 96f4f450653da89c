using Bunit;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Features.Endpoints;
using MudBlazor;

namespace ControlPlane.Web.Tests.Pages;

public sealed class EndpointActionsTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();
    private readonly IRenderedComponent<MudDialogProvider> _dialogs;

    public EndpointActionsTests()
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Render<MudPopoverProvider>();
        _dialogs = _pages.Render<MudDialogProvider>();
    }

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void Way_back_names_its_version_and_is_done_with_one_click_and_enter()
    {
        var page = Page();
        Assert.Contains("Roll back to v1", page.Find(".btn.back").TextContent);

        page.Find(".btn.back").Click();
        _dialogs.WaitForElement("form").Submit();

        page.WaitForAssertion(() => Assert.Single(Rollouts()));
        var rollout = Rollouts()[0];
        Assert.Equal(Strategies.Rollback, rollout.Plan.Strategy);
        Assert.Equal("priya@northwind.example", rollout.CreatedBy);
        Assert.Equal(1, _pages.Read(db => db.Releases.Single(release => release.Id == rollout.ToRelease).Version));
    }

    [Fact]
    public void F29_an_action_on_an_old_view_works_on_what_is_there_now_and_says_why_it_does_not()
    {
        var page = Page();
        page.Find(".btn.back").Click();
        // Elsewhere somebody went back already.
        _pages.Change(db =>
        {
            var endpoint = db.Endpoints.Single();
            endpoint.Serve(endpoint.PreviousRelease!, PageContext.Noon);
        });

        _dialogs.WaitForElement("form").Submit();

        _dialogs.WaitForAssertion(() => Assert.Contains("serves this release already", _dialogs.Find("[role=alert]").TextContent));
        Assert.Empty(Rollouts());
    }

    [Fact]
    public void Deploy_is_not_offered_while_a_rollout_is_under_way_and_says_why()
    {
        var page = Page();
        page.Find(".btn.back").Click();
        _dialogs.WaitForElement("form").Submit();
        page.WaitForAssertion(() => Assert.Contains("Open rollout #1", page.Find(".actions").TextContent));

        Assert.True(page.Find(".btn.primary").HasAttribute("disabled"));
        Assert.Contains("Rollout #1 is under way", page.Find(".btn.primary").GetAttribute("title"));
    }

    private IRenderedComponent<EndpointPage> Page() =>
        _pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "fraud"));

    private List<Rollout> Rollouts() => _pages.Read(db => db.Rollouts.ToList());
}

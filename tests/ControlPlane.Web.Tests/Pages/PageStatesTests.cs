using Bunit;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Features.Overview;
using ControlPlane.Web.Features.Registry;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Tests.Pages;

public sealed class PageStatesTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void Models_page_of_a_new_installation_says_how_to_begin()
    {
        var page = _pages.Render<ModelsPage>();

        Assert.Contains("No model yet", page.Find(".empty").TextContent);
        Assert.Contains("cpctl version push", page.Find(".code").TextContent);
    }

    [Fact]
    public void Models_page_lists_models_with_where_they_serve()
    {
        _pages.Change(db => Samples.Serving(db));

        var page = _pages.Render<ModelsPage>();

        Assert.Equal("fraud", page.Find("tbody a.name").TextContent);
        Assert.Contains("production/fraud v2", page.Find("tbody tr").TextContent);
    }

    [Fact]
    public void Models_page_tells_no_match_from_nothing_yet()
    {
        _pages.Change(db => db.Add(Samples.Model("fraud")));
        _pages.Navigation.NavigateTo("/models?q=nothing");

        var page = _pages.Render<ModelsPage>();

        Assert.Contains("No model matches", page.Find(".empty").TextContent);
        Assert.Equal("models", page.Find(".empty a").GetAttribute("href"));
    }

    [Fact]
    public void Region_that_cannot_be_read_says_so_with_an_id_and_the_page_stays()
    {
        _pages.Change(db => db.Database.ExecuteSqlRaw("DROP TABLE Models"));

        var page = _pages.Render<ModelsPage>();

        Assert.Contains("could not be shown", page.Find(".errorcard").TextContent);
        Assert.Matches("[0-9a-f]{32}", page.Find(".errorcard .mono").TextContent);
        Assert.Equal("Models", page.Find("h1").TextContent.Trim());
    }

    [Fact]
    public void Region_recovers_when_it_is_tried_again()
    {
        _pages.Change(db => db.Database.ExecuteSqlRaw("ALTER TABLE Models RENAME TO Hidden"));
        var page = _pages.Render<ModelsPage>();
        _pages.Change(db => db.Database.ExecuteSqlRaw("ALTER TABLE Hidden RENAME TO Models"));

        page.Find(".errorcard button").Click();

        page.WaitForAssertion(() => Assert.Contains("No model yet", page.Find(".empty").TextContent));
    }

    [Fact]
    public void Endpoint_page_says_in_one_sentence_what_serves()
    {
        _pages.Change(db => Samples.Serving(db));

        var page = _pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "fraud"));

        Assert.Contains("v2", page.Find(".now").TextContent);
        Assert.Contains("100\u00A0%", page.Find(".now").TextContent);
        Assert.Contains("v1 warm on 1 of 1 node", page.Find(".facts").TextContent);
    }

    [Fact]
    public void Endpoint_page_names_the_node_that_refused_and_never_claims_that_it_serves()
    {
        _pages.Change(db => Samples.Serving(db, isRefusing: true));

        var page = _pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "fraud"));

        Assert.Contains("node-1 refused", page.Find(".facts").TextContent);
    }

    [Fact]
    public void Endpoint_page_claims_nothing_once_the_nodes_are_silent()
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Time.Advance(TimeSpan.FromMinutes(3));

        var page = _pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "fraud"));

        Assert.Contains("was asked to serve", page.Find(".now").TextContent);
        Assert.Contains("Last data", page.Find(".chip.stale").TextContent);
        Assert.NotNull(page.Find(".ribbon .old"));
    }

    [Fact]
    public void Endpoint_that_does_not_exist_has_a_page_that_says_so()
    {
        var page = _pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "nothing"));

        Assert.Contains("does not exist", page.Find(".now").TextContent);
    }

    [Fact]
    public void Nodes_page_puts_the_worst_first()
    {
        _pages.Change(db => Samples.Serving(db, isRefusing: true));

        var page = _pages.Render<NodesPage>();

        Assert.Contains("Refused 1", page.Find("tbody tr").TextContent);
        Assert.Contains("refused revision 1 and serves what it had", page.Find(".now").TextContent);
    }

    [Fact]
    public void Overview_of_a_new_installation_shows_the_guide_and_no_invented_health()
    {
        var page = _pages.Render<OverviewPage>();

        Assert.Contains("0 of 6 done", page.Find("section header").TextContent);
        Assert.Contains("Nothing serves yet", page.Find(".now").TextContent);
    }
}

using Bunit;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Features.Registry;
using MudBlazor;

namespace ControlPlane.Web.Tests.Pages;

/// <summary>What the role may not do stands there disabled and says who may; what is done all the same is refused by the command.</summary>
public sealed class RightsOnPagesTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Theory]
    [InlineData(Role.Viewer, true), InlineData(Role.Engineer, true), InlineData(Role.Releaser, false), InlineData(Role.Admin, false)]
    public void Deploy_and_roll_back_in_production_are_for_releasers(Role role, bool isDisabled)
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Become(role);

        var page = _pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "fraud"));

        Assert.Equal(isDisabled, page.Find(".btn.primary").HasAttribute("disabled"));
        Assert.Equal(isDisabled, page.Find(".btn.back").HasAttribute("disabled"));
        Assert.Equal(isDisabled, page.Find(".btn.back").GetAttribute("title")?.Contains("The roles releaser and admin have it", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void H29_A_dialog_that_was_open_when_the_role_went_is_refused_by_the_command()
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Render<MudPopoverProvider>();
        var dialogs = _pages.Render<MudDialogProvider>();
        var page = _pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "fraud"));
        page.Find(".btn.back").Click();
        var form = dialogs.WaitForElement("form");

        _pages.Become(Role.Viewer);
        form.Submit();

        dialogs.WaitForAssertion(() => Assert.Contains("This needs the right to pause, abort and roll back", dialogs.Find("[role=alert]").TextContent));
        Assert.Empty(_pages.Read(db => db.Rollouts.ToList()));
        Assert.Equal("denied", _pages.Read(db => db.AuditEntries.Single()).Outcome);
    }

    [Fact]
    public void A_viewer_sees_models_and_nodes_and_what_it_takes_to_do_more()
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Become(Role.Viewer);

        Assert.Contains("upload versions", _pages.Render<ModelPage>(page => page.Add(p => p.Name, "fraud")).Find("button.btn.primary").GetAttribute("title"));
        Assert.Contains("create and describe models", _pages.Render<ModelsPage>().Find(".btn.primary").GetAttribute("title"));
        Assert.Contains("The role admin has it", _pages.Render<NodesPage>().Find("button.btn.primary").GetAttribute("title"));
        Assert.Contains("revoke nodes", _pages.Render<NodePage>(page => page.Add(p => p.Name, "node-1")).Find(".btn.danger").GetAttribute("title"));
        Assert.Contains("Not for your role", _pages.Render<UploadPage>(page => page.Add(p => p.Name, "fraud")).Find("h1").TextContent);
    }

    [Fact]
    public void Roles_are_a_table_that_can_be_read()
    {
        var page = _pages.Render<RolesPage>();

        var deploy = page.FindAll("tbody tr").Single(row => row.TextContent.Contains("deploy and move traffic", StringComparison.Ordinal));
        Assert.Equal(["no", "where not guarded", "yes", "yes", "as its role"], deploy.QuerySelectorAll("td").Select(cell => cell.TextContent.Trim()));
        Assert.Equal(Permissions.Table.Count, page.FindAll("tbody tr").Count);
    }

    [Fact]
    public void Users_are_shown_to_an_administrator_and_to_nobody_else()
    {
        _pages.Change(db => db.Users.Add(PageContext.PersonOf("mara@northwind.example", Role.Viewer)));
        var forAdmin = _pages.Render<UsersPage>();
        _pages.Become(Role.Releaser);
        var forReleaser = _pages.Render<UsersPage>();

        Assert.Equal(["mara@northwind.example", PageContext.Me], forAdmin.FindAll("tbody td.name").Select(cell => cell.TextContent));
        Assert.Contains("Not for your role", forReleaser.Find("h1").TextContent);
        Assert.DoesNotContain("mara@northwind.example", forReleaser.Markup, StringComparison.Ordinal);
    }
}

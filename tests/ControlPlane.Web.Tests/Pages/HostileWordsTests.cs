using System.Xml.Linq;
using AngleSharp.Dom;
using Bunit;
using ControlPlane.Data;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Charts;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Tests.Pages;

/// <summary>Words of people and nodes, wherever a page shows them.</summary>
public sealed class HostileWordsTests : IAsyncDisposable
{
    private const string NothingThatRuns = "script, iframe, object, embed, img, [onerror], [onclick], [onload], [href^='javascript'], [src^='http']";

    private readonly PageContext _pages = new();

    public static TheoryData<string> Strings =>
    [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</title></style></textarea><svg/onload=alert(1)>", "'-alert(1)-'", "{{constructor.constructor('alert(1)')()}}", "javascript:alert(1)",
        "<a href=\"javascript:alert(1)\">x</a>", "\u202Etxt.exe", "<!--", "]]>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    ];

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Theory, MemberData(nameof(Strings))]
    public async Task H34_The_reason_of_a_rollout_is_text(string hostile)
    {
        _pages.Change(db => Samples.Serving(db));
        var commands = _pages.Services.GetRequiredService<EndpointCommands>();
        var started = PageContext.Value(await commands.RollBackAsync("production", "fraud", null, hostile, null, new Actor(PageContext.Me, ActorKind.Person), CancellationToken.None));

        var rollout = _pages.Render<RolloutPage>(page => page.Add(p => p.Number, started.Number));
        AssertText(rollout, hostile, isShown: true);
        _pages.Navigation.NavigateTo("/endpoints/production/fraud?tab=history");
        AssertText(_pages.Render<EndpointPage>(page => page.Add(p => p.EnvironmentName, "production").Add(p => p.Name, "fraud")), hostile, isShown: false);
    }

    [Theory, MemberData(nameof(Strings))]
    public void H34_What_a_node_says_why_it_refuses_is_text(string hostile)
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Change(db =>
        {
            var status = db.Set<NodeStatus>().Single();
            db.Remove(status);
            db.SaveChanges();
            db.Add(new NodeStatus
            {
                NodeId = status.NodeId, LastSeen = status.LastSeen,
                Report = status.Report with { Rejected = new Rejection(1, hostile, hostile), AgentVersion = hostile, Address = hostile },
            });
        });

        AssertText(_pages.Render<NodePage>(page => page.Add(p => p.Name, "node-1")), hostile, isShown: true);
        AssertText(_pages.Render<NodesPage>(), hostile, isShown: false);
    }

    [Theory, MemberData(nameof(Strings))]
    public void H34_Names_of_people_tokens_and_tags_are_text(string hostile)
    {
        _pages.Change(db =>
        {
            db.Users.Add(PageContext.PersonOf(hostile, Role.Viewer));
            db.ApiTokens.Add(new ApiToken
            {
                Id = TokenId.New(PageContext.Noon), Name = hostile, Hash = new string('0', 64), Role = "viewer", Kind = TokenKinds.Token, CreatedBy = hostile, CreatedAt = PageContext.Noon, ExpiresAt = PageContext.Noon.AddDays(1),
            });
            db.Add(PageContext.Value(Model.Create("odd", null, [hostile], new Actor(hostile, ActorKind.Person), PageContext.Noon)));
        });

        AssertText(_pages.Render<UsersPage>(), hostile, isShown: true);
        AssertText(_pages.Render<TokensPage>(), hostile, isShown: true);
        AssertText(_pages.Render<ModelPage>(page => page.Add(p => p.Name, "odd")), hostile, isShown: true);
        AssertText(_pages.Render<ModelsPage>(), hostile, isShown: false);
        AssertText(_pages.Render<ModelPage>(page => page.Add(p => p.Name, hostile)), hostile, isShown: true);
    }

    [Theory, MemberData(nameof(Strings))]
    public void H35_A_label_of_a_chart_is_text_in_the_picture_and_beside_it(string hostile)
    {
        var points = Enumerable.Range(0, 10).Select(number => new ChartPoint(PageContext.Noon.AddSeconds(10 * number), number)).ToList();
        ChartData data = new(hostile, hostile, PageContext.Noon, PageContext.Noon.AddSeconds(100), TimeSpan.FromSeconds(10), [new(hostile, VersionRole.Stable, points)], 5, [new(PageContext.Noon.AddSeconds(50), hostile)]);

        var svg = XDocument.Parse(ChartDrawing.Svg(data, ChartPalette.Light, 800));
        var table = ChartTable.Csv(data);

        Assert.DoesNotContain(svg.Descendants(), element => element.Name.LocalName is "script" or "a" or "image" or "foreignObject" or "iframe");
        Assert.DoesNotContain(svg.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Value.StartsWith("javascript", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("\n=", table);
    }

    private static void AssertText(IRenderedComponent<IComponent> page, string hostile, bool isShown)
    {
        // Our own pictures are svg; what they hold comes from a table of ours.
        Assert.Empty(page.FindAll(NothingThatRuns));
        Assert.Empty(page.FindAll("svg:not(.ico):not(.spark):not([aria-hidden]):not([role=img])"));
        if (isShown)
            Assert.Contains(hostile, string.Join('\n', page.FindAll("*").Select(element => element.TextContent)));
    }
}

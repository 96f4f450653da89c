using System.Globalization;
using System.Security.Claims;
using Bunit;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using ControlPlane.Web.Layout;
using ControlPlane.Web.Shared;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace ControlPlane.Web.Tests.Pages;

/// <summary>What waits for a second person, and what that person sees before deciding.</summary>
public sealed class ApprovalsPageTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();
    private readonly IRenderedComponent<MudDialogProvider> _dialogs;

    public ApprovalsPageTests()
    {
        ProveAt(PageContext.Noon);
        _pages.Render<MudPopoverProvider>();
        _dialogs = _pages.Render<MudDialogProvider>();
    }

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void Nothing_waits()
    {
        var page = _pages.Render<ApprovalsPage>();

        page.WaitForAssertion(() => Assert.Contains("Nothing waits for you", page.Markup));
        Assert.Empty(page.FindAll("article"));
    }

    [Fact]
    public void A_request_shows_its_grounds_and_approving_it_leads_on()
    {
        Ask("engineer@northwind.example");
        var page = _pages.Render<ApprovalsPage>();
        page.WaitForElement("article");

        Assert.Contains("engineer@northwind.example asks", page.Find("article").TextContent);
        Assert.Contains("in one revision, once every node holds it", page.Find("article").TextContent);
        Assert.Contains("Pre-flight: 4 of 4 passed", page.Find("article").TextContent);
        page.FindAll("article button").Single(button => button.TextContent == "Approve").Click();
        _dialogs.WaitForElement("form").Submit();

        page.WaitForAssertion(() => Assert.Equal(RolloutPhase.Ready, _pages.Read(db => db.Rollouts.Single().Phase)));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("article")));
    }

    [Fact]
    public void H21_Who_proved_it_long_ago_confirms_it_first()
    {
        ProveAt(PageContext.Noon - TimeSpan.FromMinutes(16));
        Ask("engineer@northwind.example");
        var page = _pages.Render<ApprovalsPage>();
        page.WaitForElement("article");

        page.FindAll("article button").Single(button => button.TextContent == "Approve").Click();

        _dialogs.WaitForAssertion(() => Assert.Contains("/account/confirm?returnUrl=", _dialogs.FindAll("a.btn").Single(link => link.TextContent == "Confirm it is you").GetAttribute("href")));
        Assert.True(_dialogs.Find("button[type=submit]").HasAttribute("disabled"));
    }

    [Fact]
    public void H17_Ones_own_request_needs_another_person_and_says_who()
    {
        Ask(_pages.Read(db => db.Users.Single().UserName!));

        var page = _pages.Render<ApprovalsPage>();

        page.WaitForAssertion(() => Assert.Contains("nobody yet: invite a releaser", page.Markup));
        Assert.Empty(page.FindAll("article"));
    }

    [Fact]
    public void H19_What_was_edited_since_one_looked_is_said_and_not_approved_unseen()
    {
        Ask("engineer@northwind.example");
        var page = _pages.Render<ApprovalsPage>();
        page.WaitForElement("article");

        _pages.Change(db =>
        {
            var rollout = db.Rollouts.Single();
            rollout.Replace(rollout.ToRelease, rollout.Plan with { KeepFor = TimeSpan.FromHours(1) });
        });
        _pages.Services.GetRequiredService<ServingNow>().Forget();
        _pages.Services.GetRequiredService<LiveFeed>().Publish(LiveTopics.Rollouts);
        _pages.Time.Advance(TimeSpan.FromSeconds(2));
        page.WaitForAssertion(() => Assert.Contains("The plan changed since you looked at it: keepFor \"01:00:00\", was \"00:10:00\"", page.Find("article").TextContent), TimeSpan.FromSeconds(5));
        page.FindAll("article button").Single(button => button.TextContent == "Approve").Click();
        _dialogs.WaitForElement("form").Submit();

        _dialogs.WaitForAssertion(() => Assert.Contains("The plan was changed after it was looked at", _dialogs.Find(".fielderror").TextContent));
        Assert.Equal(RolloutPhase.AwaitingApproval, _pages.Read(db => db.Rollouts.Single().Phase));
    }

    [Fact]
    public void Rejecting_needs_a_reason()
    {
        Ask("engineer@northwind.example");
        var page = _pages.Render<ApprovalsPage>();
        page.WaitForElement("article");

        page.FindAll("article button").Single(button => button.TextContent == "Reject …").Click();
        _dialogs.WaitForAssertion(() => Assert.True(_dialogs.Find("button[type=submit]").HasAttribute("disabled")));
        _dialogs.Find("form input").Input("No golden samples");
        _dialogs.Find("form").Submit();

        page.WaitForAssertion(() => Assert.Equal((RolloutPhase.Draft, "No golden samples"), _pages.Read(db => (db.Rollouts.Single().Phase, db.Rollouts.Single().State.Reason))));
    }

    [Fact]
    public void The_rail_counts_what_waits_for_one()
    {
        Ask("engineer@northwind.example");

        var rail = _pages.Render<Rail>();

        rail.WaitForAssertion(() => Assert.Equal("1", rail.Find(".count").TextContent));
    }

    [Fact]
    public void Protecting_production_says_what_it_means_and_is_done()
    {
        Ask("engineer@northwind.example", isProtected: false);
        var page = _pages.Render<EnvironmentsPage>();
        page.WaitForAssertion(() => Assert.Contains("by one person", page.Markup));

        page.FindAll("tr:has(td.name) button").First(button => button.TextContent == "Protect" && button.Closest("tr")!.TextContent.StartsWith("production", StringComparison.Ordinal)).Click();
        _dialogs.WaitForAssertion(() => Assert.Contains("There is only one person who can approve", _dialogs.Markup));
        _dialogs.Find("form").Submit();

        page.WaitForAssertion(() => Assert.True(_pages.Read(db => db.Environments.Single(environment => environment.Name == "production").Protected)));
    }

    /// <summary>A deployment of version 1 to production, where version 2 serves.</summary>
    private void Ask(string author, bool isProtected = true)
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Change(db =>
        {
            db.Environments.Single(environment => environment.Name == "production").Protected = isProtected;
            var rollout = Rollout.Create(1, db.Endpoints.Single(), db.Releases.Single(release => release.Version == 1).Id, AllAtOnce.Plan(needsApproval: true), author, PageContext.Noon);
            db.Decisions.Add(rollout.Move(PageContext.Value(RolloutMachine.Next(rollout.Plan, rollout.State, new RolloutEvent.Asked(RolloutAction.Submit, "", PageContext.Noon))), author, PageContext.Noon)!);
            db.Rollouts.Add(rollout);
        });
    }

    private void ProveAt(DateTimeOffset at) => _pages.Who.SetClaims(new Claim(Actors.ProofClaim, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), new Claim(Actors.KindClaim, "person"));
}

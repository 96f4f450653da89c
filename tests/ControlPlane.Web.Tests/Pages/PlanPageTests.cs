using System.Globalization;
using System.Security.Claims;
using Bunit;
using ControlPlane.Data;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Features.Rollouts.Planning;
using ControlPlane.Web.Hosting;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Tests.Pages;

/// <summary>Writing a plan, from the empty page to the draft that stands in the database.</summary>
public sealed class PlanPageTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();

    public PlanPageTests() =>
        _pages.Who.SetClaims(new Claim(Actors.ProofClaim, PageContext.Noon.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), new Claim(Actors.KindClaim, "person"));

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void Without_an_endpoint_it_says_where_to_make_one_and_saves_nothing()
    {
        var page = _pages.Render<PlanPage>();

        page.WaitForAssertion(() => Assert.Contains("No endpoint exists yet", page.Markup));
        Assert.Equal("Choose an endpoint", Button(page, "Save draft").GetAttribute("title"));
        Assert.True(Button(page, "Submit").HasAttribute("disabled"));
    }

    [Fact]
    public void A_canary_is_planned_shown_saved_and_submitted()
    {
        var page = Open("endpoint=production/fraud&version=1");

        Assert.Contains("v2 to v1 on production/fraud, 4 steps, at least 21\u00A0d", page.Find(".now").TextContent, StringComparison.Ordinal);
        Assert.Contains("Goes back by itself when errors rise by more than 20 %", page.Markup, StringComparison.Ordinal);
        Assert.Contains("Nobody has asked here lately", page.Markup, StringComparison.Ordinal);
        page.Find("[aria-label='Step 1 holds at least']").Change("30m");
        page.Find("[aria-label='Share of step 1, percent']").Change("10");
        page.Find("[aria-label='Step 1: requests an arm at least']").Change("200");
        Button(page, "Add gate").Click();
        page.Find("[aria-label='Metric of gate 2']").Change("latency_p99");
        Button(page, "Submit").Click();

        page.WaitForAssertion(() => Assert.EndsWith("/rollouts/1", _pages.Navigation.Uri));
        var rollout = _pages.Read(db => db.Rollouts.Single());
        Assert.Equal((RolloutPhase.Ready, 1_000, TimeSpan.FromMinutes(30), 200L), (rollout.Phase, rollout.Plan.Steps[1].Weight, rollout.Plan.Steps[1].Hold, rollout.Plan.Steps[1].MinSamples));
        Assert.Equal(("latency_p99", 250.0, false), (rollout.Plan.Gates[1].Metric, rollout.Plan.Gates[1].Max!.Value, rollout.Plan.Gates[1].AgainstStable));
    }

    [Theory]
    [InlineData("Share of step 2, percent", "much", "rollout.steps[1].weight must be")]
    [InlineData("Share of step 2, percent", "120", "rollout.steps[1].weight must be between 0 and 100 %")]
    [InlineData("Step 1 holds at least", "soon", "rollout.steps[0].hold must be a duration")]
    [InlineData("Step 3: requests an arm at least", "-1", "rollout.steps[2].minSamples must be between")]
    [InlineData("Gate 1: at most", "lots", "rollout.gates[0].maxIncrease must be")]
    [InlineData("Gate 1: requests at least", "0", "rollout.gates[0].minSamples must be between")]
    public void What_makes_no_sense_is_said_where_it_stands_and_nothing_is_written(string field, string typed, string said)
    {
        var page = Open("endpoint=production/fraud&version=1");

        page.Find($"[aria-label='{field}']").Change(typed);

        Assert.Contains(said, page.Find("td .fielderror").TextContent, StringComparison.Ordinal);
        Assert.True(Button(page, "Submit").HasAttribute("disabled"));
        Assert.Equal(0, _pages.Read(db => db.Rollouts.Count()));
    }

    [Fact]
    public void With_traffic_it_says_what_a_bad_version_would_cost_and_which_step_is_too_short()
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Change(db =>
        {
            var stable = db.Endpoints.Single().StableRelease!;
            for (var i = 1; i <= 60; i++)
            {
                db.MetricWindows.Add(new MetricWindow
                {
                    Environment = "production", Endpoint = "fraud", Release = stable, Arm = "stable", At = PageContext.Noon.AddSeconds(-10 * i), Instance = "one", Requests = 200, Errors = 1,
                    Latency = new LatencyHistogram().ToBytes(),
                });
            }
        });
        var page = Open("endpoint=production/fraud&version=1");

        Assert.Matches("A version that fails 3 times as often as now \\(0.50.%\\) is expected to go back after .* at 5 %: [0-9]+ requests? answered by it until then", page.Markup);
        Assert.Empty(page.FindAll(".banner"));
        page.Find("[aria-label='Step 1 holds at least']").Change("1m");

        Assert.Contains("Step 1 would see about 60 requests of the smaller arm in 1", page.Find(".banner").TextContent, StringComparison.Ordinal);
        Assert.Contains("500 are asked for", page.Find(".banner").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_protected_environment_asks_for_approval_by_itself()
    {
        _pages.Change(db => Samples.Serving(db));
        _pages.Change(db => db.Environments.Single(environment => environment.Name == "production").Protected = true);
        var page = Open("endpoint=production/fraud&version=1");

        Assert.True(page.Find("input[type=checkbox][disabled]").HasAttribute("checked"));
        Button(page, "Submit for approval").Click();

        page.WaitForAssertion(() => Assert.Equal(RolloutPhase.AwaitingApproval, _pages.Read(db => db.Rollouts.Single().Phase)));
    }

    [Fact]
    public void A_draft_is_opened_again_changed_and_keeps_what_has_no_field()
    {
        var page = Open("endpoint=production/fraud&version=1");
        Button(page, "Save draft").Click();
        page.WaitForAssertion(() => Assert.Equal(1, _pages.Read(db => db.Rollouts.Count())));
        _pages.Change(db =>
        {
            var rollout = db.Rollouts.Single();
            rollout.Replace(rollout.ToRelease, rollout.Plan with { Gates = [rollout.Plan.Gates[0] with { Alpha = 0.01, RequireNoWorse = true, Harm = 4 }] });
        });
        var edit = _pages.Render<PlanPage>(parameters => parameters.Add(known => known.Number, 1));
        edit.WaitForAssertion(() => Assert.Contains("v2 to v1", edit.Find(".now").TextContent));

        edit.Find("[aria-label='Remove step 1']").Click();
        edit.Find("[aria-label='Gate 1: at most']").Change("50");
        Button(edit, "Save changes").Click();

        edit.WaitForAssertion(() => Assert.Equal([0, 2_500, 5_000, 10_000], _pages.Read(db => db.Rollouts.Single().Plan.Steps.Select(step => step.Weight).ToArray())));
        var gate = _pages.Read(db => db.Rollouts.Single().Plan.Gates.Single());
        Assert.Equal((0.5, 0.01, true, 4.0), (gate.MaxIncrease!.Value, gate.Alpha, gate.RequireNoWorse, gate.Harm!.Value));
    }

    [Fact]
    public void What_somebody_else_changed_meanwhile_is_not_overwritten()
    {
        var page = Open("endpoint=production/fraud&version=1");
        Button(page, "Save draft").Click();
        page.WaitForAssertion(() => Assert.Equal(1, _pages.Read(db => db.Rollouts.Count())));
        var edit = _pages.Render<PlanPage>(parameters => parameters.Add(known => known.Number, 1));
        edit.WaitForAssertion(() => Assert.Contains("v2 to v1", edit.Find(".now").TextContent));
        _pages.Change(db => db.Rollouts.Single().Replace(db.Rollouts.Single().ToRelease, BlueGreen.Plan(false)));

        Button(edit, "Save changes").Click();

        edit.WaitForAssertion(() => Assert.Contains("was changed", edit.Find(".fielderror").TextContent));
        Assert.Equal(Strategies.BlueGreen, _pages.Read(db => db.Rollouts.Single().Plan.Strategy));
    }

    [Fact]
    public void Viewers_may_look_but_not_plan()
    {
        _pages.Become(Role.Viewer);

        var page = Open("endpoint=production/fraud&version=1");

        page.WaitForAssertion(() => Assert.Contains("draft, edit and submit rollouts", Button(page, "Save draft").GetAttribute("title")));
        Assert.True(Button(page, "Save draft").HasAttribute("disabled"));
    }

    [Fact]
    public void The_list_shows_rollouts_with_their_endpoints_and_tells_no_match_from_none()
    {
        var none = _pages.Render<RolloutsPage>();
        none.WaitForAssertion(() => Assert.Contains("No rollout yet", none.Markup));
        var page = Open("endpoint=production/fraud&version=1");
        Button(page, "Save draft").Click();
        page.WaitForAssertion(() => Assert.Equal(1, _pages.Read(db => db.Rollouts.Count())));

        _pages.Navigation.NavigateTo("/rollouts?state=open");
        var open = _pages.Render<RolloutsPage>();
        open.WaitForAssertion(() => Assert.Contains("Draft", open.Find("tbody tr").TextContent));
        Assert.Contains("fraud production", open.Find("tbody tr").TextContent, StringComparison.Ordinal);
        _pages.Navigation.NavigateTo("/rollouts?state=over");
        var over = _pages.Render<RolloutsPage>();

        over.WaitForAssertion(() => Assert.Contains("1 rollout hidden by the filters", over.Markup));
    }

    private IRenderedComponent<PlanPage> Open(string query)
    {
        if (_pages.Read(db => !db.Endpoints.Any()))
            _pages.Change(db => Samples.Serving(db));
        _pages.Navigation.NavigateTo($"/rollouts/new?{query}");
        var page = _pages.Render<PlanPage>();
        page.WaitForAssertion(() => Assert.Contains("v2 to v1", page.Find(".now").TextContent));
        return page;
    }

    private static AngleSharp.Dom.IElement Button(IRenderedComponent<PlanPage> page, string text) => page.FindAll("button").Single(button => button.TextContent.Trim() == text);
}

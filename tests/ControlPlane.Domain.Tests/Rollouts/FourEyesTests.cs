using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;

namespace ControlPlane.Domain.Tests.Rollouts;

/// <summary>What an approval is worth when the rollout starts.</summary>
public sealed class FourEyesTests
{
    private const string Artifact = "sha256:aa";

    private static readonly DateTimeOffset _noon = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);

    private readonly Rollout _rollout = Awaiting(AllAtOnce.Plan(needsApproval: true));

    [Fact]
    public void I10_I11_An_approval_by_another_of_this_plan_and_these_files_lets_it_start() => Assert.Null(WhyNot(Given()));

    [Fact]
    public void What_needs_no_approval_starts_without() =>
        Assert.Null(FourEyes.WhyNotStart(Awaiting(AllAtOnce.Plan(needsApproval: false)), [], Artifact, _ => false, _noon));

    [Fact]
    public void H23_Without_one_of_this_attempt_it_does_not_start()
    {
        Assert.Equal("ApprovalMissing", WhyNot()?.Code);
        Assert.Equal("ApprovalMissing", WhyNot(Given(attempt: 2))?.Code);
        Assert.Equal("ApprovalMissing", WhyNot(Given(step: 1))?.Code);
        Assert.Equal("ApprovalMissing", WhyNot(Given(rollout: RolloutId.New(_noon)))?.Code);
    }

    [Fact]
    public void H19_One_of_another_plan_or_of_other_files_is_stale()
    {
        Assert.Equal("ApprovalStale", WhyNot(Given(plan: "sha256:bb"))?.Code);
        Assert.Equal("ApprovalStale", WhyNot(Given(artifact: "sha256:bb"))?.Code);
    }

    [Fact]
    public void The_newest_counts() => Assert.Equal("ApprovalStale", WhyNot(Given(), Given(plan: "sha256:bb"))?.Code);

    [Theory, InlineData(-1, null), InlineData(0, "ApprovalExpired"), InlineData(1, "ApprovalExpired")]
    public void It_is_worth_nothing_from_its_end_on(int seconds, string? code) =>
        Assert.Equal(code, FourEyes.WhyNotStart(_rollout, [Given()], Artifact, _ => true, _noon + FourEyes.ValidFor + TimeSpan.FromSeconds(seconds))?.Code);

    [Fact]
    public void H22_Its_giver_must_still_be_entitled_unless_it_was_an_emergency()
    {
        Assert.Equal("ApproverNoLongerEntitled", FourEyes.WhyNotStart(_rollout, [Given()], Artifact, _ => false, _noon)?.Code);
        Assert.Null(FourEyes.WhyNotStart(_rollout, [Given(by: "author@example.com", isBreakGlass: true)], Artifact, _ => false, _noon));
    }

    [Theory, InlineData("author@example.com"), InlineData("AUTHOR@example.com"), InlineData("editor@example.com")]
    public void H17_H20_Who_had_a_hand_in_the_plan_is_no_second_person(string name)
    {
        _rollout.AddAuthor("editor@example.com");

        Assert.Equal(("SelfApproval", RefusalKind.Forbidden), FourEyes.WhyNotApprove(_rollout, name) is { } no ? (no.Code, no.Kind) : default);
        Assert.Equal("ApprovalStale", WhyNot(Given(by: name))?.Code);
        Assert.Null(FourEyes.WhyNotApprove(_rollout, "other@example.com"));
    }

    private static Rollout Awaiting(RolloutPlan plan)
    {
        Assert.True(Endpoint.Create("production", new EndpointSettings("fraud"), "a", _noon).TryGet(out var endpoint, out _));
        return Rollout.Create(1, endpoint, "rel-1", plan, "author@example.com", _noon);
    }

    private Refusal? WhyNot(params Approval[] given) => FourEyes.WhyNotStart(_rollout, given, Artifact, _ => true, _noon);

    private Approval Given(RolloutId? rollout = null, int attempt = 1, int step = 0, string? plan = null, string artifact = Artifact, string by = "other@example.com", bool isBreakGlass = false) => new()
    {
        Id = ApprovalId.New(_noon), RolloutId = rollout ?? _rollout.Id, Attempt = attempt, Step = step, PlanHash = plan ?? PlanHash.Of(_rollout.Plan), Artifact = artifact, Approver = by, At = _noon,
        Until = _noon + FourEyes.ValidFor, IsBreakGlass = isBreakGlass,
    };
}

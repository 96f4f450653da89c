using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using static ControlPlane.Domain.Rollouts.RolloutAction;

namespace ControlPlane.Domain.Tests.Rollouts;

/// <summary>How a plan with holds, gates and approvals is carried out.</summary>
public sealed class StepTests
{
    private static readonly RolloutStep _small = new(StepKind.Shift, 500) { Hold = TimeSpan.FromSeconds(30) };
    private static readonly RolloutStep _full = new(StepKind.Shift, 10_000);
    private static readonly RolloutPlan _plan = Canary.Plan(needsApproval: false, [_small, new(StepKind.Shift, 5_000) { Hold = TimeSpan.FromMinutes(10), MinSamples = 800 }, _full]);
    private static readonly RolloutPlan _approving = Canary.Plan(needsApproval: false, [_small, new(StepKind.Shift, 5_000) { NeedsApproval = true }, _full]);

    [Fact]
    public void I12_A_step_ends_when_its_windows_are_held_and_the_decision_names_what_it_rests_on()
    {
        var walk = Walk.Holding(_plan).Tick(held: 2);
        Assert.Equal((1, 500), (walk.State.Step, walk.State.Weight));

        walk.Tick(held: 3);

        Assert.Equal((2, 5_000), (walk.State.Step, walk.State.Weight));
        Assert.Equal(("advance", new EvidenceWindows(1, 7, 1_003, 1_000, 1_000)), (walk.Last.Action, walk.Last.Evidence));
    }

    [Fact]
    public void A_hold_begins_when_every_node_has_taken_the_step_and_asks_to_be_looked_at_when_it_is_over()
    {
        var walk = new Walk(_plan).Ask(Submit).Ask(Start).Tick().Tick(facts: new StepFacts(4, 4, 3, []));
        Assert.Null(walk.State.InForceFrom);

        walk.Tick();

        Assert.Equal(GateWindow.Default.Of(Some.Noon) + 1, walk.State.InForceFrom);
        Assert.Equal(new RolloutEffect.TickAfter(TimeSpan.FromSeconds(45), 1, 1), Assert.Single(walk.Last.Effects));
    }

    [Fact]
    public void F90_F91_The_clock_decides_nothing_by_itself()
    {
        var walk = Walk.Holding(_plan).Tick(held: 1);

        walk.Now = Some.Noon.AddHours(2);
        walk.Tick(held: 1);
        walk.Now = Some.Noon.AddHours(-2);
        walk.Tick(held: 2);

        Assert.Equal((RolloutPhase.Progressing, 1), (walk.State.Phase, walk.State.Step));
    }

    [Theory]
    [InlineData(0), InlineData(120)]
    public void F74_Too_few_samples_at_the_end_of_the_hold_are_inconclusive(long samples)
    {
        var walk = Walk.Holding(_plan).Tick(held: 3, readings: [Walk.Read(Verdict.NotEnoughEvidence, samples: samples)]);

        Assert.Equal((RolloutPhase.Inconclusive, 500), (walk.State.Phase, walk.State.Weight));
        Assert.Contains($"{samples} of 500 samples", walk.State.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void F74_Nor_does_a_step_end_whose_own_samples_are_missing()
    {
        var walk = Walk.Holding(_plan).Tick(held: 3).Tick().Tick(held: 60, samples: 700);

        Assert.Equal(RolloutPhase.Inconclusive, walk.State.Phase);
        Assert.Contains("700 of 800 samples", walk.State.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void F75_Missing_measurements_are_inconclusive_at_once()
    {
        var walk = Walk.Holding(_plan).Tick(held: 1, missing: "No measurements since 12:00:00 UTC.");

        Assert.Equal((RolloutPhase.Inconclusive, "No measurements since 12:00:00 UTC."), (walk.State.Phase, walk.State.Reason));
    }

    [Fact]
    public void F80_Resumed_it_evaluates_anew_and_goes_on_as_soon_as_there_is_enough()
    {
        var walk = Walk.Holding(_plan).Tick(held: 3, readings: [Walk.Read(Verdict.NotEnoughEvidence, samples: 9)]).Tick(held: 400).Ask(Resume);
        Assert.IsType<RolloutEffect.JudgeAnew>(Assert.Single(walk.Last.Effects));

        walk.Tick(held: 401, readings: [Walk.Read(Verdict.NotEnoughEvidence, samples: 9)]).Tick(held: 402, readings: [Walk.Read(Verdict.NotEnoughEvidence, samples: 9)]);
        Assert.Equal(RolloutPhase.Progressing, walk.State.Phase);

        walk.Tick(held: 403);
        Assert.Equal(2, walk.State.Step);
    }

    [Fact]
    public void F80_Resumed_it_does_not_wait_for_ever_either()
    {
        Reading[] few = [Walk.Read(Verdict.NotEnoughEvidence, samples: 9)];

        var walk = Walk.Holding(_plan).Tick(held: 3, readings: few).Ask(Resume).Tick(held: 5, readings: few).Tick(held: 34, readings: few);
        Assert.Equal(RolloutPhase.Progressing, walk.State.Phase);

        Assert.Equal(RolloutPhase.Inconclusive, walk.Tick(held: 35, readings: few).State.Phase);
    }

    [Fact]
    public void What_is_required_to_be_no_worse_has_to_be_shown()
    {
        var walk = Walk.Holding(_plan).Tick(held: 3, readings: [Walk.Read(Verdict.NotEnoughEvidence, isRequired: true) with { Eta = TimeSpan.FromHours(2) }]);

        Assert.Equal(RolloutPhase.Inconclusive, walk.State.Phase);
        Assert.Contains("Expected in 2:00:00", walk.State.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Going_on_without_evidence_needs_a_reason()
    {
        var walk = Walk.Holding(_plan).Tick(held: 1, missing: "No measurements.");

        Assert.Equal("reason", walk.Refused(Advance, reason: " ").Field);
        Assert.Equal(2, walk.Ask(Advance, "seen by hand").State.Step);
    }

    [Fact]
    public void A_breach_goes_back_without_a_person_and_says_why()
    {
        var walk = Walk.Holding(_plan).Tick(held: 1, readings: [Walk.Read(Verdict.Worse)]);
        Assert.Equal((RolloutPhase.RollingBack, 0, "error_rate is Worse."), (walk.State.Phase, walk.State.Weight, walk.State.Reason));

        Assert.Equal(RolloutPhase.RollingBack, walk.Tick(facts: new StepFacts(4, 4, 3, [])).State.Phase);
        walk.Tick();

        Assert.Equal((RolloutPhase.RolledBack, "rollBack"), (walk.State.Phase, walk.Last.Action));
    }

    [Fact]
    public void A_gate_may_pause_instead()
    {
        var walk = Walk.Holding(_plan).Tick(held: 1, readings: [Walk.Read(Verdict.Worse, BreachAction.Pause)]);

        Assert.Equal((RolloutPhase.Paused, 500), (walk.State.Phase, walk.State.Weight));
    }

    [Fact]
    public void Gates_stay_armed_while_an_approval_is_awaited_and_while_it_is_paused()
    {
        var waiting = Walk.Holding(_approving).Tick(held: 3);
        Assert.Equal((RolloutPhase.AwaitingApproval, 1, 500, true), (waiting.State.Phase, waiting.State.Step, waiting.State.Weight, waiting.State.IsUnderWay));
        Assert.Equal(RolloutPhase.RollingBack, waiting.Tick(held: 4, readings: [Walk.Read(Verdict.Worse)]).State.Phase);

        Assert.Equal(RolloutPhase.RollingBack, Walk.Holding(_plan).Ask(Pause).Tick(held: 1, readings: [Walk.Read(Verdict.Worse)]).State.Phase);
    }

    [Fact]
    public void F61_A_release_that_a_node_refuses_after_it_has_served_goes_back() =>
        Assert.Equal(RolloutPhase.RollingBack, Walk.Holding(_plan).Tick(facts: new StepFacts(4, 3, 4, ["node-2: CrashLoop"])).State.Phase);

    [Fact]
    public void F82_A_newer_bad_window_wins_over_an_older_good_one()
    {
        var walk = Walk.Holding(_plan).Tick(held: 3, missing: "No measurements.", through: 2_000).Ask(Resume);

        Assert.Equal(1, walk.Tick(held: 3, through: 1_999).Tick(held: 3, through: 1_999).State.Step);
        Assert.Equal(RolloutPhase.RollingBack, walk.Tick(held: 4, through: 2_001, readings: [Walk.Read(Verdict.Worse)]).State.Phase);
    }

    [Fact]
    public void F30_F31_A_job_that_runs_twice_or_late_moves_once()
    {
        var walk = Walk.Holding(_plan).Tick(held: 3, expected: (1, 1));
        var entered = walk.State;

        walk.Tick(held: 3, expected: (1, 1)).Tick(held: 99, expected: (0, 2)).Tick(held: 99, expected: (1, 3));

        Assert.Equal(entered, walk.State);
        Assert.Null(walk.Last.Action);
    }

    [Fact]
    public void F40_A_silent_node_holds_the_step_up_until_it_answers()
    {
        var facts = new StepFacts(3, 3, 3, []) { Silent = ["node-4"] };

        var walk = Walk.Holding(_plan).Tick(held: 3, facts: facts);
        Assert.Equal(RolloutPhase.Inconclusive, walk.State.Phase);
        Assert.StartsWith("1 of 4 nodes silent: node-4", walk.State.Reason, StringComparison.Ordinal);
        Assert.Equal(RolloutPhase.Inconclusive, walk.Tick(held: 4, facts: facts).State.Phase);

        Assert.Equal(RolloutPhase.Progressing, walk.Tick(held: 5).State.Phase);
        Assert.Equal(2, walk.Tick(held: 6).State.Step);
    }

    [Fact]
    public void F89_A_node_that_is_lost_is_counted_out_by_a_person_with_a_reason()
    {
        var facts = new StepFacts(3, 3, 3, []) { Silent = ["node-4"] };
        var walk = Walk.Holding(_plan).Tick(held: 3, facts: facts);

        Assert.Equal("node", walk.Refused(ExcludeNode).Field);
        Assert.Equal("reason", walk.Refused(ExcludeNode, reason: "", node: "node-4").Field);
        walk.Ask(ExcludeNode, "burnt down", node: "node-4").Tick(held: 4, facts: facts).Tick(held: 5, facts: facts);

        Assert.Equal(2, walk.State.Step);
    }

    [Fact]
    public void F88_A_node_that_joins_neither_resets_a_hold_nor_is_passed_over_at_its_end()
    {
        var walk = Walk.Holding(_plan).Tick(held: 2, facts: new StepFacts(5, 4, 4, [])).Tick(held: 3, facts: new StepFacts(5, 4, 4, []));
        Assert.Equal((RolloutPhase.Progressing, 1), (walk.State.Phase, walk.State.Step));

        Assert.Equal(2, walk.Tick(held: 4, facts: new StepFacts(5, 5, 5, [])).State.Step);
    }

    [Fact]
    public void A_rollback_waits_for_no_silent_node_to_begin_and_can_be_ended_without_it()
    {
        var facts = new StepFacts(3, 3, 3, []) { Silent = ["node-4"] };
        var walk = Walk.Holding(_plan).Ask(Abort).Tick(facts: facts);
        Assert.Equal((RolloutPhase.RollingBack, 0), (walk.State.Phase, walk.State.Weight));
        Assert.Equal("NotAllowedInThisState", walk.Refused(Force).Code);

        walk.Now += TimeSpan.FromSeconds(61);

        Assert.Equal(RolloutPhase.Aborted, walk.Ask(Force).State.Phase);
        Assert.Equal(RolloutPhase.Completed, new Walk(Rollback.Plan(isWarm: true)).Ask(Submit).Ask(Start).Tick(facts: facts).State.Phase);
    }

    [Fact]
    public void An_approval_under_way_is_for_the_next_step_and_a_rejection_leaves_traffic_where_it_is()
    {
        var walk = Walk.Holding(_approving).Tick(held: 3).Ask(Approve);
        Assert.Equal((RolloutPhase.Progressing, 2, 5_000), (walk.State.Phase, walk.State.Step, walk.State.Weight));

        var rejected = Walk.Holding(_approving).Tick(held: 3).Ask(Reject, "not on a Friday");
        Assert.Equal((RolloutPhase.Paused, 1, 500), (rejected.State.Phase, rejected.State.Step, rejected.State.Weight));
        Assert.Equal("NotAllowedInThisState", Walk.Holding(_approving).Tick(held: 3).Refused(Edit).Code);
    }

    [Theory]
    [InlineData(Advance, 2), InlineData(Promote, 3)]
    public void H26_No_one_passes_a_step_that_needs_approval(RolloutAction action, int pending)
    {
        var walk = Walk.Holding(_approving).Ask(action);
        Assert.Equal((RolloutPhase.AwaitingApproval, pending), (walk.State.Phase, walk.State.Pending));

        Assert.Equal(pending, walk.Ask(Approve).State.Step);
    }

    [Fact]
    public void H19_F84_An_approval_is_of_the_plan_that_was_looked_at_and_void_once_it_changes()
    {
        var plan = Canary.Plan(needsApproval: true, [_small, _full]) with { Release = "rel-a" };
        var other = plan with { Release = "rel-b" };

        Assert.Equal("ApprovalStale", new Walk(plan).Ask(Submit).Refused(Approve, planHash: PlanHash.Of(other)).Code);
        var approved = new Walk(plan).Ask(Submit).Ask(Approve, planHash: PlanHash.Of(plan));
        Assert.Equal("ApprovalStale", Some.Refusal(RolloutMachine.Next(other, approved.State, new RolloutEvent.Asked(Start, "", Some.Noon))).Code);
        Assert.Equal(RolloutPhase.AwaitingApproval, approved.Ask(Edit).State.Phase);
        Assert.Contains(new RolloutEffect.Notify(Notice.ApprovalVoided), approved.Last.Effects);
        Assert.Null(approved.State.ApprovedPlan);
    }

    [Fact]
    public void F77_Abort_is_possible_wherever_something_can_still_be_stopped()
    {
        Walk[] walks =
        [
            new Walk(_approving), new Walk(_approving with { NeedsApproval = true }).Ask(Submit), new Walk(_approving).Ask(Submit), Walk.Holding(_approving), Walk.Holding(_approving).Ask(Pause),
            Walk.Holding(_approving).Tick(held: 3), Walk.Holding(_approving).Tick(held: 1, missing: "x"), Walk.Holding(_plan).Ask(Promote),
        ];

        Assert.Equal(
            [RolloutPhase.Aborted, RolloutPhase.Aborted, RolloutPhase.Aborted, .. Enumerable.Repeat(RolloutPhase.RollingBack, 5)],
            walks.Select(walk => walk.Ask(Abort).State).Select(state => state.Phase));
        Assert.All(walks, walk => Assert.Equal((0, 0), (walk.State.Weight, walk.State.Mirror)));
    }

    [Fact]
    public void F79_Retry_begins_from_nothing()
    {
        var walk = Walk.Holding(_plan).Tick(held: 3).Ask(Abort).Tick().Ask(Retry);

        Assert.Equal(RolloutState.Draft(2, Some.Noon), walk.State);
    }

    [Fact]
    public void F83_After_a_breach_a_machine_waits_for_the_cool_down_and_a_person_does_not()
    {
        var walk = Walk.Holding(_plan).Tick(held: 1, readings: [Walk.Read(Verdict.Worse)]).Tick();

        Assert.Equal("CoolDown", walk.Refused(Retry, isByPerson: false).Code);
        walk.Now += TimeSpan.FromHours(24);
        Assert.Equal(2, walk.Ask(Retry, isByPerson: false).State.Attempt);
        Assert.Null(CoolDown.Refusal(Some.Noon, _plan.CoolDown, isByPerson: true, Some.Noon));
        Assert.Null(CoolDown.Refusal(null, _plan.CoolDown, isByPerson: false, Some.Noon));
    }

    [Fact]
    public void A_shadow_mirrors_ends_where_it_began_and_cannot_be_promoted()
    {
        var walk = Walk.Holding(Shadow.Plan(needsApproval: false, hold: TimeSpan.FromSeconds(10)));
        Assert.Equal((0, 10_000), (walk.State.Weight, walk.State.Mirror));
        Assert.Equal("NotAllowedInThisState", walk.Refused(Promote).Code);

        walk.Tick(held: 1, readings: []);

        Assert.Equal((RolloutPhase.Completed, 0, 0), (walk.State.Phase, walk.State.Weight, walk.State.Mirror));
    }
}

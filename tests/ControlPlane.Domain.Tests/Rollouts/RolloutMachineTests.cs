using ControlPlane.Domain.Rollouts;
using static ControlPlane.Domain.Rollouts.RolloutAction;

namespace ControlPlane.Domain.Tests.Rollouts;

public sealed class RolloutMachineTests
{
    private static readonly RolloutPlan _plan = AllAtOnce.Plan(needsApproval: false);

    [Fact]
    public void Loads_everywhere_before_it_moves_traffic_and_completes_when_all_have_acknowledged()
    {
        var state = Started(_plan);
        Assert.Equal((RolloutPhase.Progressing, 0, 0), (state.Phase, state.Step, state.Weight));

        state = Tick(_plan, state, reachable: 4, warm: 3, acknowledged: 4);
        Assert.Equal((0, 0), (state.Step, state.Weight));

        state = Tick(_plan, state, reachable: 4, warm: 4, acknowledged: 4);
        Assert.Equal((1, 10_000), (state.Step, state.Weight));

        state = Tick(_plan, state, reachable: 4, warm: 4, acknowledged: 3);
        Assert.Equal(RolloutPhase.Progressing, state.Phase);

        state = Tick(_plan, state, reachable: 4, warm: 4, acknowledged: 4);
        Assert.Equal(RolloutPhase.Completed, state.Phase);
    }

    [Fact]
    public void Never_moves_on_while_no_node_is_there_to_see_it() =>
        Assert.Equal(0, Tick(_plan, Started(_plan), reachable: 0, warm: 0, acknowledged: 0).Step);

    [Fact]
    public void Pauses_when_a_node_refuses_the_release_and_says_which()
    {
        var state = Tick(_plan, Started(_plan), 2, 1, 2, "node-3: LoadFailed: bad opset");

        Assert.Equal(RolloutPhase.Paused, state.Phase);
        Assert.Contains("node-3: LoadFailed: bad opset", state.Reason, StringComparison.Ordinal);
        Assert.Equal(0, state.Weight);
    }

    [Fact]
    public void Pauses_as_well_when_a_node_refuses_the_revision_that_moves_traffic()
    {
        var moved = Tick(_plan, Started(_plan), 2, 2, 2);

        var state = Tick(_plan, moved, 2, 2, 1, "node-3: MalformedState: the weights sum to 9000");

        Assert.Equal(RolloutPhase.Paused, state.Phase);
        Assert.Contains("node-3: MalformedState", state.Reason, StringComparison.Ordinal);
        Assert.Equal(10_000, state.Weight);
    }

    [Fact]
    public void Goes_back_on_abort_and_ends_aborted_once_all_have_acknowledged()
    {
        var moved = Tick(_plan, Started(_plan), 2, 2, 2);

        var back = Ask(_plan, moved, Abort);
        Assert.Equal((RolloutPhase.RollingBack, 0), (back.Phase, back.Weight));

        Assert.Equal(RolloutPhase.RollingBack, Tick(_plan, back, 2, 2, 1).Phase);
        Assert.Equal(RolloutPhase.Aborted, Tick(_plan, back, 2, 2, 2).Phase);
    }

    [Fact]
    public void A_warm_rollback_moves_all_traffic_in_its_first_step()
    {
        var plan = Rollback.Plan(isWarm: true);

        var state = Started(plan);

        Assert.Equal((0, 10_000), (state.Step, state.Weight));
        Assert.Equal(StepKind.Load, Rollback.Plan(isWarm: false).Steps[0].Kind);
    }

    [Fact]
    public void Waits_for_approval_where_the_plan_needs_it()
    {
        var plan = AllAtOnce.Plan(needsApproval: true);

        var state = Ask(plan, RolloutState.Draft(1, Some.Noon), Submit);

        Assert.Equal(RolloutPhase.AwaitingApproval, state.Phase);
        Assert.Equal("NotAllowedInThisState", Some.Refusal(RolloutMachine.Next(plan, state, new RolloutEvent.Asked(Start, "", Some.Noon))).Code);
        Assert.Equal(RolloutPhase.Ready, Ask(plan, state, Approve).Phase);
        Assert.Equal(RolloutPhase.Draft, Ask(plan, state, Reject).Phase);
    }

    [Fact]
    public void Retry_is_a_new_attempt_in_draft()
    {
        var aborted = Ask(_plan, Ask(_plan, RolloutState.Draft(1, Some.Noon), Submit), Abort);

        var again = Ask(_plan, aborted, Retry);

        Assert.Equal((RolloutPhase.Draft, 2, -1), (again.Phase, again.Attempt, again.Step));
    }

    /// <summary>The table of the pages' description, written out a second time.</summary>
    [Theory]
    [InlineData(RolloutPhase.Draft, "edit submit delete abort")]
    [InlineData(RolloutPhase.AwaitingApproval, "approve reject edit abort")]
    [InlineData(RolloutPhase.Ready, "start edit abort")]
    [InlineData(RolloutPhase.Progressing, "pause advance promote exclude-node abort")]
    [InlineData(RolloutPhase.Paused, "resume advance promote abort")]
    [InlineData(RolloutPhase.Inconclusive, "resume advance exclude-node abort")]
    [InlineData(RolloutPhase.RollingBack, "force")]
    [InlineData(RolloutPhase.Completed, "rollback")]
    [InlineData(RolloutPhase.Aborted, "retry")]
    [InlineData(RolloutPhase.RolledBack, "retry")]
    [InlineData(RolloutPhase.Superseded, "")]
    public void H26_Allows_in_each_state_what_the_table_says(RolloutPhase phase, string actions)
    {
        Assert.Equal(actions.Split(' ', StringSplitOptions.RemoveEmptyEntries), StateActions.Allowed(phase).Select(StateActions.Verb));
        foreach (var action in Enum.GetValues<RolloutAction>())
            Assert.Equal(StateActions.Allowed(phase).Contains(action), StateActions.Refusal(phase, action) is null);
    }

    private static RolloutState Started(RolloutPlan plan) => Ask(plan, Ask(plan, RolloutState.Draft(1, Some.Noon), Submit), Start);

    private static RolloutState Ask(RolloutPlan plan, RolloutState state, RolloutAction action) =>
        Some.Value(RolloutMachine.Next(plan, state, new RolloutEvent.Asked(action, "because", Some.Noon))).State;

    private static RolloutState Tick(RolloutPlan plan, RolloutState state, int reachable, int warm, int acknowledged, params string[] refused) =>
        Some.Value(RolloutMachine.Next(plan, state, new RolloutEvent.Ticked(new StepFacts(reachable, warm, acknowledged, refused), Some.Noon))).State;
}

using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace ControlPlane.Domain.Tests.Nodes;

public sealed class PlannerTests
{
    private static readonly Release _first = Some.Release(1);
    private static readonly Release _second = Some.Release(2);
    private static readonly Dictionary<string, Release> _releases = new() { [_first.Id] = _first, [_second.Id] = _second };

    [Fact]
    public void Gives_the_same_bytes_for_the_same_rows_in_any_order()
    {
        var a = Serving("a", _first);
        var b = Serving("b", _second);

        var one = StateDocument.Seal(Planner.Plan(Some.Environment(), 7, [a, b], [], _releases));
        var other = StateDocument.Seal(Planner.Plan(Some.Environment(), 7, [b, a], [], _releases.Reverse().ToDictionary()));

        Assert.Equal(one.Utf8.ToArray(), other.Utf8.ToArray());
        Assert.Null(Verify(one));
    }

    [Fact]
    public void An_endpoint_without_a_cache_has_no_member_of_that_name()
    {
        var plain = StateDocument.Seal(Planner.Plan(Some.Environment(), 7, [Serving("a", _first)], [], _releases));
        var cached = Some.Value(Endpoint.Create("production", new EndpointSettings("fraud", Cache: new CacheState(1 << 20, "30s")), "a", Some.Noon));

        Assert.DoesNotContain("cache", System.Text.Encoding.UTF8.GetString(plain.Utf8.Span), StringComparison.Ordinal);
        Assert.Equal(new CacheState(1 << 20, "30s"), Planner.Plan(Some.Environment(), 7, [cached], [], _releases).Endpoints[0].Cache);
    }

    [Fact]
    public void Keeps_a_candidate_warm_without_traffic_while_it_is_loaded()
    {
        var endpoint = Serving("fraud", _first);
        var rollout = Started(endpoint, _second.Id, AllAtOnce.Plan(false));

        var state = Planner.Plan(Some.Environment(), 7, [endpoint], [rollout], _releases);

        Assert.Equal([new ArmState("stable", _first.Id, 10_000)], state.Endpoints[0].Arms);
        Assert.Equal([_second.Id], state.KeepWarm);
        Assert.Null(Verify(StateDocument.Seal(state)));
    }

    [Fact]
    public void Moves_all_traffic_in_one_revision_and_keeps_the_way_back_warm()
    {
        var endpoint = Serving("fraud", _first);
        var rollout = Started(endpoint, _second.Id, Rollback.Plan(isWarm: true));

        var state = Planner.Plan(Some.Environment(), 7, [endpoint], [rollout], _releases);

        Assert.Equal([new ArmState("stable", _second.Id, 10_000)], state.Endpoints[0].Arms);
        Assert.Equal([_first.Id], state.KeepWarm);
    }

    [Fact]
    public void What_is_asked_for_with_all_traffic_moved_is_what_is_asked_for_once_the_rollout_is_over()
    {
        var endpoint = Serving("fraud", _first);
        endpoint.Serve(_second.Id, Some.Noon);
        var third = Some.Release(3);
        var releases = new Dictionary<string, Release>(_releases) { [third.Id] = third };
        var moved = Planner.Plan(Some.Environment(), 7, [endpoint], [Started(endpoint, third.Id, Rollback.Plan(isWarm: true))], releases);
        endpoint.Serve(third.Id, Some.Noon);

        var over = Planner.Plan(Some.Environment(), 7, [endpoint], [], releases);

        Assert.Equal(StateDocument.Seal(moved).ContentHash, StateDocument.Seal(over).ContentHash);
    }

    [Fact]
    public void An_endpoint_without_a_release_has_no_arms() =>
        Assert.Empty(Planner.Plan(Some.Environment(), 7, [Some.Endpoint()], [], _releases).Endpoints[0].Arms);

    [Fact]
    public void Facts_count_what_nodes_say()
    {
        Report Says(long revision, string? warm, Rejection? rejected = null) => new()
        {
            NodeSession = "s", Clock = Some.Noon, TimelineId = "t1", AppliedRevision = revision, Rejected = rejected,
            Serving = warm is null ? [] : [new ServedRelease(warm, "fraud", "1", "sha256:a", Some.Noon, ServedRelease.Warm)],
        };

        var facts = Convergence.FactsFor(
            [("a", Says(7, "rel-2", new Rejection(7, RejectionReasons.StateNotWritten, "its disk is full"))), ("b", Says(6, null)), ("c", Says(7, null, new Rejection(7, RejectionReasons.LoadFailed, "bad opset", "rel-2")))], ["d"], "rel-2", "t1", 7);

        Assert.Equal((3, 1, 2), (facts.Reachable, facts.Warm, facts.Acknowledged));
        Assert.Equal(["d"], facts.Silent);
        Assert.Equal(["c: LoadFailed: bad opset"], facts.Refused);
        Assert.False(Convergence.HasApplied(Says(7, null), "another timeline", 7));
    }

    private static Endpoint Serving(string name, Release release)
    {
        var endpoint = Some.Endpoint(name);
        endpoint.Serve(release.Id, Some.Noon);
        return endpoint;
    }

    private static Rollout Started(Endpoint endpoint, string release, RolloutPlan plan)
    {
        var rollout = Rollout.Create(1, endpoint, release, plan, "a", Some.Noon);
        foreach (var action in new[] { RolloutAction.Submit, RolloutAction.Start })
            rollout.Move(Some.Value(RolloutMachine.Next(plan, rollout.State, new RolloutEvent.Asked(action, "", Some.Noon))), "a", Some.Noon);
        return rollout;
    }

    private static string? Verify(StateDocument document)
    {
        StateDocument.Verify(document.Utf8, out var defect);
        return defect;
    }
}

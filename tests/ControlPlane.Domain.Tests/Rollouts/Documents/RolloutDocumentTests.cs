using System.Text.Json.Nodes;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Documents;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Tests.Rollouts.Documents;

public sealed class RolloutDocumentTests
{
    /// <summary>The example of the interface's description.</summary>
    private const string Example = """
        { "strategy": "canary",
          "steps": [ {"weight": "5%", "hold": "7d"}, {"weight": 2500, "hold": "7d"}, {"weight": "50%", "hold": "7d"}, {"weight": "100%"} ],
          "gates": [
            { "metric": "error_rate", "against": "stable", "maxIncrease": "20%", "alpha": 0.05, "minSamples": 500 },
            { "metric": "latency_p99", "max": "200ms" },
            { "metric": "prediction_mean", "against": "stable", "maxDifference": 0.1 } ],
          "approval": "required" }
        """;

    [Fact]
    public void The_example_is_read_as_it_says()
    {
        var plan = Some.Value(RolloutDocument.Read(JsonNode.Parse(Example)));

        Assert.Null(PlanRules.Check(plan, new("rel-old", IsProtected: true)));
        Assert.Equal(Canary.Plan(true).Steps, plan.Steps);
        Assert.Equal((0.2, 500L, true), (plan.Gates[0].MaxIncrease, plan.Gates[0].MinSamples, plan.Gates[0].AgainstStable));
        Assert.Equal((GateMetrics.LatencyP99, 200.0), (plan.Gates[1].Metric, plan.Gates[1].Max));
        Assert.Equal(0.1, plan.Gates[2].MaxDifference);
        Assert.True(plan.NeedsApproval);
    }

    [Theory]
    [InlineData("""{"strategy":"blueGreen","keep":"2h"}""", "blueGreen", 2)]
    [InlineData("""{"strategy":"shadow","steps":[{"mirror":"50%","hold":"1d"}]}""", "shadow", 2)]
    [InlineData("""{"strategy":"ab","steps":[{"weight":"50%","hold":"14d"}],"experiment":{"metric":"outcome:click","minimumDetectableEffect":0.01,"analysis":"sequential"}}""", "ab", 2)]
    [InlineData("""{"strategy":"allAtOnce"}""", "allAtOnce", 2)]
    [InlineData("""{"steps":[{"mirror":"100%","hold":"1h"},{"weight":"10%","hold":"1h","approval":"required"},{"weight":"100%"}]}""", "canary", 4)]
    public void Every_strategy_can_be_written_down(string document, string strategy, int steps)
    {
        var plan = Some.Value(RolloutDocument.Read(JsonNode.Parse(document)));

        Assert.Null(PlanRules.Check(plan, new("rel-old")));
        Assert.Equal((strategy, steps), (plan.Strategy, plan.Steps.Count));
    }

    [Theory]
    [InlineData("[]", "rollout")]
    [InlineData("null", "rollout")]
    [InlineData("""{"strategy":"rolling"}""", "rollout.strategy")]
    [InlineData("""{"strategy":"rollback"}""", "rollout.strategy")]
    [InlineData("""{"stepps":[]}""", "rollout.stepps")]
    [InlineData("""{"steps":{}}""", "rollout.steps")]
    [InlineData("""{"steps":[{"weight":"5%","stable":"90%"}]}""", "rollout.steps[0].stable")]
    [InlineData("""{"steps":[{"weight":"five"}]}""", "rollout.steps[0].weight")]
    [InlineData("""{"steps":[{"weight":"0.001%"}]}""", "rollout.steps[0].weight")]
    [InlineData("""{"steps":[{"weight":"1e999%"}]}""", "rollout.steps[0].weight")]
    [InlineData("""{"steps":[{"weight":"5%","mirror":"5%"}]}""", "rollout.steps[0].weight")]
    [InlineData("""{"steps":[{"hold":"1d"}]}""", "rollout.steps[0].weight")]
    [InlineData("""{"steps":[{"weight":"5%","hold":"soon"}]}""", "rollout.steps[0].hold")]
    [InlineData("""{"steps":[{"weight":"5%","minSamples":1.5}]}""", "rollout.steps[0].minSamples")]
    [InlineData("""{"steps":[null]}""", "rollout.steps[0]")]
    [InlineData("""{"gates":[{"max":1}]}""", "rollout.gates[0].metric")]
    [InlineData("""{"gates":[{"metric":"error_rate","against":"yesterday"}]}""", "rollout.gates[0].against")]
    [InlineData("""{"gates":[{"metric":"latency_p99","max":200}]}""", "rollout.gates[0].max")]
    [InlineData("""{"gates":[{"metric":"error_rate","max":1e999}]}""", "rollout.gates[0].max")]
    [InlineData("""{"gates":[{"metric":"error_rate","state":"green"}]}""", "rollout.gates[0].state")]
    [InlineData("""{"approval":true}""", "rollout.approval")]
    [InlineData("""{"strategy":"canary","keep":"1h"}""", "rollout.keep")]
    [InlineData("""{"strategy":"blueGreen","steps":[{"weight":"100%"}]}""", "rollout.steps")]
    [InlineData("""{"strategy":"ab"}""", "rollout.experiment")]
    public void H24_What_cannot_be_read_is_refused_by_name(string document, string field) =>
        Assert.Equal(field, Some.Refusal(RolloutDocument.Read(JsonNode.Parse(document))).Field);

    [Fact]
    public void The_same_content_has_the_same_hash_however_it_is_written()
    {
        var one = JsonNode.Parse("""{"a":1.0,"b":[1,2]}""");
        var other = JsonNode.Parse("""{ "b": [1, 2], "a": 1 }""");

        Assert.Equal(DocumentDifference.Hash(one), DocumentDifference.Hash(other));
        Assert.Empty(DocumentDifference.Of(one, other));
    }

    [Fact]
    public void A_difference_names_what_is_and_what_is_declared()
    {
        var changes = DocumentDifference.Of(JsonNode.Parse("""{"pool":"a","steps":[{"weight":5},{"weight":6}]}"""), JsonNode.Parse("""{"mode":"online","pool":"a","steps":[{"weight":7}]}"""));

        Assert.Equal([new Change("mode", null, "\"online\""), new("steps[0].weight", "5", "7"), new("steps[1]", """{"weight":6}""", null)], changes);
    }
}

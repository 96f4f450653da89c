using Serving.Contracts.State;
using Serving.Node.Route;
using Serving.Node.Tests.Kit;
using Serving.Node.Versions;
using Testing.Models;

namespace Serving.Node.Tests.Route;

public sealed class ArmPickerTests : IDisposable
{
    private readonly LoadedRelease _candidate = Loaded.Release(TinyModel.Add(2), "rel-2");
    private readonly LoadedRelease _stable = Loaded.Release(TinyModel.Add(1), "rel-1");

    [Fact]
    public void Gives_the_candidate_its_share_and_only_moves_units_in()
    {
        var five = Split(500);
        var quarter = Split(2_500);
        var units = Enumerable.Range(0, 20_000).Select(unit => $"u{unit}").ToList();

        var early = units.Where(unit => ArmPicker.Pick(five, unit).Name == ArmState.Candidate).ToHashSet();
        var later = units.Where(unit => ArmPicker.Pick(quarter, unit).Name == ArmState.Candidate).ToHashSet();

        // Binomial: 1 000 ± 5 standard deviations of 30.8.
        Assert.InRange(early.Count, 846, 1_154);
        Assert.Subset(later, early);
    }

    [Fact]
    public void Sends_nobody_to_an_arm_without_weight()
    {
        var none = Split(0);

        Assert.All(Enumerable.Range(0, 2_000), unit => Assert.Equal(ArmState.Stable, ArmPicker.Pick(none, $"u{unit}").Name));
    }

    [Theory]
    [InlineData("""{"entities":{"user":"u42"},"inputs":{"x":[1]}}""", "u42")]
    [InlineData("""{"rows":[{"entities":{"user":"u1"}},{"entities":{"user":"u2"}}]}""", "u1")]
    [InlineData("""{"rows":[{"entities":{"user":"u1"}}],"entities":{"user":"u9"}}""", "u9")]
    [InlineData("""{"inputs":{"entities":{"user":"hidden"}}}""", null)]
    [InlineData("""{"entities":{"user":7}}""", null)]
    [InlineData("""{"entities":{"user":"\ud800"}}""", null)]
    [InlineData("""{"entities":{"user":""", null)]
    [InlineData("", null)]
    public void Finds_the_unit_of_a_native_body_before_the_model_is_known(string body, string? unit) =>
        Assert.Equal(unit, AssignmentKey.InNative(System.Text.Encoding.UTF8.GetBytes(body), "user"));

    [Theory]
    [InlineData("""{"parameters":{"assignment_key":"k"},"inputs":[]}""", "k")]
    [InlineData("""{"inputs":[{"parameters":{"assignment_key":"no"}}],"parameters":{"entity.user":"u1"}}""", "u1")]
    [InlineData("""{"parameters":{"entity.user":"u1","assignment_key":"k"}}""", "k")]
    [InlineData("""{"parameters":[]}""", null)]
    public void Finds_the_unit_of_an_open_inference_body(string body, string? unit) =>
        Assert.Equal(unit, AssignmentKey.InOpenInference(System.Text.Encoding.UTF8.GetBytes(body), "user"));

    [Fact]
    public void Picking_an_arm_allocates_nothing()
    {
        var split = Split(2_500);
        ArmPicker.Pick(split, "u1");

        var before = GC.GetAllocatedBytesForCurrentThread();
        ArmPicker.Pick(split, "u2");

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose()
    {
        _candidate.Retire();
        _stable.Retire();
    }

    private ServedEndpoint Split(int candidate) => Loaded.Endpoint(
        new EndpointState { Name = "fraud", Salt = "rollout.1" }, Loaded.Arm(_candidate, ArmState.Candidate, candidate), Loaded.Arm(_stable));
}

using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Serving.Node.Versions;

namespace Serving.Node.Tests.Versions;

public sealed class VersionPolicyTests
{
    // routed and warm of the desired state; loaded, loading, refused, applied hash and published of the node → the next step.
    public static TheoryData<string, string, string, string?, string, string?, string, string> Steps => new()
    {
        { "a", "", "", null, "", null, "", "load a" },
        { "a", "", "", "a", "", null, "", "wait " },
        { "a", "", "a", null, "", null, "", "publish " },
        { "a", "", "a", null, "", "new", "a", "wait " },
        { "a,b", "", "a", null, "", "old", "a", "load b" },
        { "a,b", "", "a", null, "b", "old", "a", "wait " },            // refused: what was served stays
        { "a,b", "c", "a", null, "b", "old", "a", "wait " },           // and nothing is kept warm for it
        { "a,b", "", "", null, "a", "old", "", "load b" },             // the others are tried all the same
        { "a", "b", "a", null, "", "old", "a", "publish " },           // served before the warm one is in memory
        { "a", "b", "a", null, "", "new", "a", "load b" },
        { "a", "b", "a,b", null, "", "new", "a", "publish " },         // now it is reported warm
        { "a", "b", "a", null, "b", "new", "a", "wait " },             // a warm one that fails holds nothing up
        { "a", "b,c", "a", null, "b", "new", "a", "load c" },
        { "a", "", "a,b", null, "", "new", "a,b", "publish " },        // let go of what is not wanted
        { "a", "", "a,b", "c", "", "old", "b", "publish " },           // a way back in memory waits for no load
        { "a", "", "a", "c", "", "new", "a", "stopLoading " },         // nobody wants it any more
        { "a,b", "c", "a", "c", "", "old", "a", "stopLoading " },      // what is routed comes first
        { "a,b", "", "", "a", "", null, "", "wait " },                 // one after the other
    };

    [Theory, MemberData(nameof(Steps))]
    public void Chooses_one_next_step(string routed, string warm, string loaded, string? loading, string refused, string? applied, string published, string step)
    {
        var next = VersionPolicy.Next(new Wanted("new", Names(routed), Names(warm), []), new Holding(Set(loaded), loading, Set(refused), applied, Set(published)));

        Assert.Equal(step, $"{next.Name} {next.Release}");
    }

    public static TheoryData<string, long, string?, long, string?, string> Documents => new()
    {
        { "t", 1, null, 0, null, "take" },
        { "t", 8, "t", 7, null, "take" },
        { "t", 7, "t", 7, null, "leave" },
        { "t", 6, "t", 7, null, "leave" },
        { "u", 7, "t", 7, null, RejectionReasons.RevisionRegression },
        { "u", 8, "t", 7, null, "take" },
        { "t", 8, "t", 7, "flight", RejectionReasons.MissingCapability },
    };

    [Theory, MemberData(nameof(Documents))]
    public void Takes_only_what_is_newer(string timeline, long revision, string? appliedTimeline, long appliedRevision, string? requires, string answer)
    {
        var document = StateDocument.Seal(new DesiredState { Environment = "production", TimelineId = timeline, Revision = revision, Requires = requires is null ? null : [requires] });

        var decided = VersionPolicy.Decide(document, appliedTimeline, appliedRevision);

        Assert.Equal(answer, decided.Rejection?.Reason ?? (decided.IsTaken ? "take" : "leave"));
    }

    [Fact]
    public void Keeps_warm_as_many_as_the_memory_holds_the_most_wanted_first()
    {
        var sizes = new Dictionary<string, long> { ["rel-a"] = 50, ["rel-b"] = 60, ["rel-c"] = 60, ["rel-d"] = 40 };
        var document = StateDocument.Seal(new DesiredState
        {
            Environment = "production",
            TimelineId = "t",
            Revision = 1,
            Endpoints = [new EndpointState { Name = "e", Arms = [new ArmState("stable", "rel-a", 10_000)] }, new EndpointState { Name = "other", Pool = "gpu", Arms = [new ArmState("stable", "rel-d", 10_000)] }],
            Releases = sizes.ToDictionary(pair => pair.Key, pair => new ReleaseState("sha256:" + pair.Key, "m", "1", new RuntimeConfiguration())),
            Artifacts = sizes.ToDictionary(pair => "sha256:" + pair.Key, pair => new ArtifactManifest([new ArtifactFile("model.onnx", pair.Value, "")])),
            KeepWarm = ["rel-a", "rel-b", "rel-c", "rel-d"],
        });

        var wanted = Wanted.Of(document, "default", warmMemory: 100, _ => 0);

        Assert.Equal(["rel-a"], wanted.Routed);
        Assert.Equal(["rel-b", "rel-d"], wanted.Warm);
        Assert.Equal(["rel-c"], wanted.TooLarge);
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static HashSet<string> Set(string list) => [.. Names(list)];
}

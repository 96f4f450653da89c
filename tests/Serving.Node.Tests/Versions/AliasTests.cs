using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Cache;
using Serving.Node.Hosting;
using Serving.Node.Metrics;
using Serving.Node.Protocols;
using Serving.Node.Tests.Kit;
using Serving.Node.Versions;
using Testing.Models;

namespace Serving.Node.Tests.Versions;

/// <summary>Aliases of the registry as labels: they follow the document, not what was loaded.</summary>
public sealed class AliasTests : IDisposable
{
    private readonly LoadedRelease _first = Loaded.Release(TinyModel.Add(1), "rel-1", "1");
    private readonly LoadedRelease _second = Loaded.Release(TinyModel.Add(2), "rel-2", "2");
    private readonly SnapshotBuilder _builder = new(new SeriesRegistry(TimeProvider.System), new NodeCaches(new NodeOptions(), new CacheChecks(), TimeProvider.System));

    [Fact]
    public void An_alias_moves_while_its_versions_stay_in_memory()
    {
        Assert.Equal(("1", "2"), (VersionOf("champion", ["champion"], ["challenger"]), VersionOf("challenger", ["champion"], ["challenger"])));
        Assert.Equal("2", VersionOf("champion", null, ["challenger", "champion"]));
    }

    [Fact]
    public void The_name_of_an_arm_goes_before_an_alias_of_that_name() => Assert.Equal("1", VersionOf("stable", null, ["stable"]));

    [Theory]
    [InlineData("other")]
    [InlineData("Champion")]
    [InlineData("")]
    public void A_label_that_is_neither_stands_for_no_version(string label) => Assert.Equal(label, VersionOf(label, ["champion"], null));

    [Fact]
    public void An_alias_of_a_version_that_is_not_in_memory_stands_for_no_version()
    {
        var snapshot = _builder.Build(Document(null, ["champion"]), "default", new Dictionary<string, LoadedRelease> { ["rel-1"] = _first });

        Assert.Equal("champion", ServedArms.VersionOf(snapshot, "fraud", "champion"));
        Assert.Equal("champion", ServedArms.VersionOf(snapshot, "unknown", "champion"));
    }

    public void Dispose()
    {
        _first.Retire();
        _second.Retire();
    }

    private string VersionOf(string label, string[]? ofFirst, string[]? ofSecond)
    {
        var snapshot = _builder.Build(Document(ofFirst, ofSecond), "default", new Dictionary<string, LoadedRelease> { ["rel-1"] = _first, ["rel-2"] = _second });
        return ServedArms.VersionOf(snapshot, "fraud", label);
    }

    private static StateDocument Document(string[]? ofFirst, string[]? ofSecond) => StateDocument.Seal(new DesiredState
    {
        Environment = "production",
        TimelineId = "t",
        Revision = 1,
        Endpoints = [new EndpointState { Name = "fraud", Arms = [new ArmState(ArmState.Stable, "rel-1", Bucket.Count)] }],
        Releases = new Dictionary<string, ReleaseState>
        {
            ["rel-1"] = new("sha256:0", "fraud", "1", new RuntimeConfiguration(), Aliases: ofFirst),
            ["rel-2"] = new("sha256:0", "fraud", "2", new RuntimeConfiguration(), Aliases: ofSecond),
        },
        Artifacts = new Dictionary<string, ArtifactManifest> { ["sha256:0"] = new([]) },
        KeepWarm = ["rel-2"],
    });
}

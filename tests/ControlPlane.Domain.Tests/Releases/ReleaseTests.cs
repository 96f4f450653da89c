using ControlPlane.Domain.Releases;
using Serving.Contracts.State;

namespace ControlPlane.Domain.Tests.Releases;

public sealed class ReleaseTests
{
    [Fact]
    public void Has_the_same_id_for_the_same_content_and_another_for_another()
    {
        Assert.Equal(Some.Release(1).Id, Some.Release(1).Id);
        Assert.NotEqual(Some.Release(1).Id, Some.Release(2).Id);
        Assert.NotEqual(Some.Release(1).Id, Some.Value(Release.Of(Some.ReadyVersion(1), new RuntimeConfiguration(Threads: 2), "a", Some.Noon)).Id);
    }

    [Fact]
    public void Is_made_of_ready_versions_only() => Assert.Equal("VersionNotReady", Some.Refusal(Release.Of(Some.Uploaded(), null, "a", Some.Noon)).Code);

    [Fact]
    public void The_release_that_served_before_is_the_way_back_both_ways()
    {
        var endpoint = Some.Endpoint();

        endpoint.Serve("rel-1", Some.Noon);
        endpoint.Serve("rel-2", Some.Noon);
        Assert.Equal(("rel-2", "rel-1"), (endpoint.StableRelease, endpoint.PreviousRelease));

        endpoint.Serve("rel-1", Some.Noon);
        Assert.Equal(("rel-1", "rel-2"), (endpoint.StableRelease, endpoint.PreviousRelease));

        endpoint.Serve("rel-1", Some.Noon.AddHours(1));
        Assert.Equal(("rel-1", "rel-2", Some.Noon), (endpoint.StableRelease, endpoint.PreviousRelease, endpoint.StableSince));
    }

    [Theory]
    [InlineData("Fraud", null, null)]
    [InlineData("fraud", "sometimes", null)]
    [InlineData("fraud", null, 2.0)]
    public void Settings_out_of_range_are_refused(string name, string? mode, double? sample) =>
        Assert.NotNull(Some.Refusal(Endpoint.Create("production", new EndpointSettings(name, Mode: mode, Logging: sample is null ? null : new LoggingState(sample.Value)), "a", Some.Noon)));
}

using ControlPlane.Domain.Releases;
using Serving.Contracts.Models;
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

    [Theory]
    [InlineData(65_535, "5m", 0.01)]
    [InlineData(1 << 20, "0s", 0.01)]
    [InlineData(1 << 20, "31d", 0.01)]
    [InlineData(1 << 20, "soon", 0.01)]
    [InlineData(1 << 20, "5m", 1.01)]
    [InlineData(1 << 20, "5m", double.NaN)]
    public void A_cache_out_of_range_is_refused(long maxBytes, string lifetime, double checkShare) =>
        Assert.Equal("cache", Some.Refusal(Endpoint.Create("production", new EndpointSettings("fraud", Cache: new CacheState(maxBytes, lifetime, checkShare)), "a", Some.Noon)).Field);

    [Fact]
    public void A_release_without_marked_outputs_has_the_id_it_had_before_outputs_could_be_marked()
    {
        Assert.Equal("rel-95965ba6c851767de0b6818566bf71f5dbfae5310725630a05452e6e1f6a2454", ReleaseId.Of("sha256:0", null, null, new RuntimeConfiguration()));

        var plain = Some.Value(Release.Of(Some.ReadyVersion(1), new RuntimeConfiguration(), "a", Some.Noon));
        var unmarked = Some.Value(Release.Of(Some.ReadyVersion(1), new RuntimeConfiguration(Outputs: new Dictionary<string, OutputConfiguration> { ["y"] = new() }), "a", Some.Noon));
        Assert.Equal(plain.Id, unmarked.Id);
    }

    [Fact]
    public void A_limit_on_memory_makes_another_release_and_none_makes_the_same_as_before_there_were_limits()
    {
        var own = new RuntimeConfiguration(Isolation: RuntimeConfiguration.Process);
        Assert.Equal("rel-572498d8c86fe4c019918fcb293ac908a8798736c31013ec0cf548015b4bfd61", ReleaseId.Of("sha256:0", null, null, own));

        Assert.NotEqual(ReleaseId.Of("sha256:0", null, null, own), ReleaseId.Of("sha256:0", null, null, own with { Memory = 256 << 20 }));
        Assert.Equal(256 << 20, Some.Value(Release.Of(Some.ReadyVersion(1), own with { Memory = 256 << 20 }, "a", Some.Noon)).Runtime.Memory);
    }

    [Theory]
    [InlineData(RuntimeConfiguration.Process, (64 << 20) - 1)]
    [InlineData(RuntimeConfiguration.Process, -1)]
    [InlineData(RuntimeConfiguration.Process, (1L << 40) + 1)]
    [InlineData(RuntimeConfiguration.InProcess, 256 << 20)]
    public void A_limit_on_memory_out_of_range_or_without_a_process_of_its_own_is_refused(string isolation, long memory) =>
        Assert.Equal("runtime.memory", Some.Refusal(Release.Of(Some.ReadyVersion(1), new RuntimeConfiguration(Isolation: isolation, Memory: memory), "a", Some.Noon)).Field);

    [Fact]
    public void An_output_marked_as_an_embedding_makes_another_release()
    {
        var marked = new RuntimeConfiguration(Outputs: new Dictionary<string, OutputConfiguration> { ["y"] = new(Embedding: true) });

        Assert.True(marked.HasEmbeddings);
        Assert.NotEqual(ReleaseId.Of("sha256:0", null, null, new RuntimeConfiguration()), ReleaseId.Of("sha256:0", null, null, marked));
    }
}

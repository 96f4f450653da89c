using System.Text;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.State;

namespace Serving.Contracts.Tests.State;

public sealed class StateDocumentTests
{
    private static readonly DesiredState _state = new()
    {
        Environment = "production",
        TimelineId = "t1",
        Revision = 7,
        Endpoints = [new EndpointState { Name = "fraud", Arms = [new ArmState("stable", "rel-1", 10_000)] }],
        Releases = new Dictionary<string, ReleaseState> { ["rel-1"] = new("sha256:a", "fraud", "3", new RuntimeConfiguration()) },
        Artifacts = new Dictionary<string, ArtifactManifest> { ["sha256:a"] = new([new ArtifactFile("model.onnx", 12, new string('0', 64))]) },
    };

    [Fact]
    public void Reads_back_what_it_sealed()
    {
        var sealedState = StateDocument.Seal(_state);

        var read = StateDocument.Verify(sealedState.Utf8, out var defect);

        Assert.Null(defect);
        Assert.Equal(sealedState.ContentHash, read!.ContentHash);
        Assert.Equal("rel-1", read.State.Endpoints[0].Arms[0].Release);
        Assert.Equal(16 << 20, read.State.Endpoints[0].Limits.MaxBodyBytes);
    }

    [Fact]
    public void Covers_members_it_does_not_know_and_fills_in_members_it_misses()
    {
        var text = """{"schemaVersion":1,"environment":"staging","timelineId":"t","revision":1,"later":[1.50,{"b":1,"a":2}]}""";
        var hash = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
            CanonicalJson.Write(System.Text.Json.Nodes.JsonNode.Parse(text))));
        var received = text[..^1] + $",\"contentHash\":\"{hash}\"}}";

        var read = StateDocument.Verify(Encoding.UTF8.GetBytes(received), out var defect);

        Assert.Null(defect);
        Assert.Empty(read!.State.Endpoints);
        Assert.Empty(read.State.KeepWarm);
        Assert.NotNull(read.State.Releases);
    }

    [Theory]
    [InlineData("not json", "not valid JSON")]
    [InlineData("{}", "no content hash")]
    [InlineData("[]", "no content hash")]
    [InlineData("""{"contentHash":"sha256:00"}""", "its content gives")]
    [InlineData("""{"contentHash":"x","contentHash":"y"}""", "not valid JSON")]
    public void F43_Refuses_what_is_malformed(string text, string expected)
    {
        Assert.Null(StateDocument.Verify(Encoding.UTF8.GetBytes(text), out var defect));
        Assert.Contains(expected, defect, StringComparison.Ordinal);
    }

    [Fact]
    public void F43_Refuses_a_release_it_does_not_hold_and_weights_that_do_not_add_up()
    {
        var unknown = StateDocument.Seal(_state with { KeepWarm = ["rel-2"] });
        var weights = StateDocument.Seal(_state with { Endpoints = [_state.Endpoints[0] with { Arms = [new ArmState("stable", "rel-1", 9_999)] }] });

        Assert.Null(StateDocument.Verify(unknown.Utf8, out var first));
        Assert.Null(StateDocument.Verify(weights.Utf8, out var second));

        Assert.Contains("rel-2", first, StringComparison.Ordinal);
        Assert.Contains("9999", second, StringComparison.Ordinal);
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
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
            CanonicalJson.Write(JsonNode.Parse(text))));
        var received = text[..^1] + $",\"contentHash\":\"{hash}\"}}";

        var read = StateDocument.Verify(Encoding.UTF8.GetBytes(received), out var defect);

        Assert.Null(defect);
        Assert.Empty(read!.State.Endpoints);
        Assert.Empty(read.State.KeepWarm);
        Assert.NotNull(read.State.Releases);
    }

    [Fact]
    public void S5_Damaged_documents_are_refused_with_a_reason_and_never_taken()
    {
        var good = StateDocument.Seal(_state).Utf8.ToArray();
        var random = new Random(17);

        for (var number = 0; number < 2_000; number++)
        {
            var damaged = good.ToList();
            for (var times = random.Next(1, 4); times > 0; times--)
            {
                var at = random.Next(damaged.Count);
                switch (random.Next(4))
                {
                    case 0:
                        damaged[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        damaged.RemoveRange(at, Math.Min(random.Next(1, 20), damaged.Count - at));
                        break;
                    case 2:
                        damaged.InsertRange(at, damaged.GetRange(at, Math.Min(random.Next(1, 20), damaged.Count - at)));
                        break;
                    default:
                        damaged.InsertRange(at, "[[[null,-1e999,\"\\ud800\""u8.ToArray());
                        break;
                }
            }

            var read = StateDocument.Verify(damaged.ToArray(), out var defect);

            // What reads as the same content is the same document, whatever its bytes are.
            Assert.True(read is null ? !string.IsNullOrEmpty(defect) : read.State.Revision == _state.Revision, $"Case {number}: {Encoding.UTF8.GetString([.. damaged])}");
        }
    }

    [Fact]
    public void S5_Documents_with_a_right_hash_and_the_wrong_kinds_of_things_in_them_are_refused_and_throw_nothing()
    {
        var random = new Random(17);
        JsonNode?[] odd = [null, -1, 1e300, "", "x", true, new JsonArray(null, 1), new JsonObject { ["a"] = null }];

        for (var number = 0; number < 2_000; number++)
        {
            var root = JsonNode.Parse(StateDocument.Seal(_state).Utf8.Span)!.AsObject();
            root.Remove("contentHash");
            Replace(root, random, odd);
            root["contentHash"] = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(CanonicalJson.Write(root)));

            var read = StateDocument.Verify(Encoding.UTF8.GetBytes(root.ToJsonString()), out var defect);

            Assert.True(read is not null || !string.IsNullOrEmpty(defect), root.ToJsonString());
        }
    }

    /// <summary>Puts something odd in the place of one value somewhere in the tree.</summary>
    private static void Replace(JsonObject root, Random random, JsonNode?[] odd)
    {
        JsonNode at = root;
        while (true)
        {
            var children = at is JsonObject o ? o.Select(pair => pair.Value).ToList() : at is JsonArray a ? [.. a] : [];
            var deeper = children.Where(child => child is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }).ToList();
            if (deeper.Count == 0 || random.Next(3) == 0)
                break;
            at = deeper[random.Next(deeper.Count)]!;
        }

        var value = odd[random.Next(odd.Length)]?.DeepClone();
        if (at is JsonObject members)
            members[members.ElementAt(random.Next(members.Count)).Key] = value;
        else
            at.AsArray()[random.Next(at.AsArray().Count)] = value;
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

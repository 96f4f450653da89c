using System.Security.Cryptography;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Testing;

namespace Serving.Node.Benchmarks.Servers;

/// <summary>A hand-written state: gradient-boosted trees of 13 features under two endpoints, and a model that takes as long as it is asked to.</summary>
internal sealed class ServedModels : IDisposable
{
    /// <summary>Everything on: a log line for each request, and a canary of 5 %.</summary>
    public const string Scored = "scored";

    /// <summary>One arm, nothing logged.</summary>
    public const string Bare = "bare";

    /// <summary>One arm, nothing logged, a loop of as many steps as the request says.</summary>
    public const string Slow = "slow";

    private const int CanaryWeight = 500;
    private const int Features = 13;

    private readonly Dictionary<string, ReleaseState> _releases = [];
    private readonly Dictionary<string, ArtifactManifest> _manifests = [];

    public ServedModels()
    {
        var trees = File.ReadAllBytes(TreesFile);
        var stable = Add(trees, "1");
        // The same model with a description added (field 6 of ModelProto): another file, so another version, of the same cost.
        var candidate = Add([.. trees, 0x32, 0x01, (byte)'2'], "2");
        var slow = Add(File.ReadAllBytes(SlowFile), "1");
        var state = new DesiredState
        {
            Environment = "production",
            TimelineId = "benchmark",
            Revision = 1,
            Endpoints =
            [
                new EndpointState { Name = Scored, Arms = [new ArmState(ArmState.Candidate, candidate, CanaryWeight), new ArmState(ArmState.Stable, stable, Bucket.Count - CanaryWeight)] },
                new EndpointState { Name = Bare, Arms = [new ArmState(ArmState.Stable, stable, Bucket.Count)], Logging = new LoggingState(Sample: 0) },
                new EndpointState { Name = Slow, Arms = [new ArmState(ArmState.Stable, slow, Bucket.Count)], Logging = new LoggingState(Sample: 0) },
            ],
            Releases = _releases,
            Artifacts = _manifests,
        };
        File.WriteAllBytes(StateFile, JsonSerializer.SerializeToUtf8Bytes(state, ContractsJson.Default.DesiredState));
    }

    /// <summary>A gradient-boosted model of a third party: input <c>input</c>, FP32 [N, 13], output <c>variable</c>.</summary>
    public static string TreesFile { get; } = Path.Combine(Repository.Shared, "models", "good", "xgb_regressor_tract.onnx");

    public static string SlowFile { get; } = Path.Combine(Repository.Shared, "models", "odd", "slow_loop.onnx");

    public static string NativeBody => $"{{\"inputs\":{{\"input\":{Row}}}}}";

    public static string OpenInferenceBody => $"{{\"inputs\":[{{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[1,{Features}],\"data\":{Row}}}]}}";

    public static string Row { get; } = "[" + string.Join(',', Values) + "]";

    public static IEnumerable<float> Values => Enumerable.Range(1, Features).Select(i => i + 0.25f);

    public string Root { get; } = Directory.CreateTempSubdirectory("node-benchmark-").FullName;

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string StateFile => Path.Combine(Root, "state.json");

    public static string SlowBody(int steps) => $$"""{"inputs":[{"name":"n","datatype":"INT64","shape":[],"data":[{{steps}}]},{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}""";

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private string Add(byte[] model, string version)
    {
        var file = new ArtifactFile("model.onnx", model.Length, Convert.ToHexStringLower(SHA256.HashData(model)));
        var manifest = new ArtifactManifest([file]);
        var digest = ArtifactDigest.Of(manifest);
        var folder = Directory.CreateDirectory(Path.Combine(Artifacts, digest["sha256:".Length..])).FullName;
        File.WriteAllBytes(Path.Combine(folder, file.Path), model);

        var runtime = new RuntimeConfiguration();
        var release = ReleaseId.Of(digest, null, null, runtime);
        _manifests[digest] = manifest;
        _releases[release] = new ReleaseState(digest, "trees", version, runtime);
        return release;
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Testing;
using Testing.Models;

namespace Serving.Node.Benchmarks;

/// <summary>A hand-written state: one model of 13 features under two endpoints, one of which logs nothing.</summary>
internal sealed class ServedModels : IDisposable
{
    public const string Logged = "scored";
    public const string Unlogged = "unlogged";

    private const int Features = 13;

    public ServedModels()
    {
        var shared = Path.Combine(Repository.Shared, "models", "good", "xgb_regressor_tract.onnx");
        IsReal = File.Exists(shared);
        var model = IsReal ? File.ReadAllBytes(shared) : TinyModel.Add(1, Features);
        var file = new ArtifactFile("model.onnx", model.Length, Convert.ToHexStringLower(SHA256.HashData(model)));
        var manifest = new ArtifactManifest([file]);
        var digest = ArtifactDigest.Of(manifest);
        var folder = Directory.CreateDirectory(Path.Combine(Artifacts, digest["sha256:".Length..])).FullName;
        File.WriteAllBytes(Path.Combine(folder, file.Path), model);

        var runtime = new RuntimeConfiguration();
        var release = ReleaseId.Of(digest, null, null, runtime);
        ArmState[] arms = [new ArmState(ArmState.Stable, release, Bucket.Count)];
        var state = new DesiredState
        {
            Environment = "production",
            TimelineId = "benchmark",
            Revision = 1,
            Endpoints =
            [
                new EndpointState { Name = Logged, Arms = arms },
                new EndpointState { Name = Unlogged, Arms = arms, Logging = new LoggingState(Sample: 0) },
            ],
            Releases = new Dictionary<string, ReleaseState> { [release] = new(digest, Logged, "1", runtime) },
            Artifacts = new Dictionary<string, ArtifactManifest> { [digest] = manifest },
        };
        File.WriteAllBytes(StateFile, JsonSerializer.SerializeToUtf8Bytes(state, ContractsJson.Default.DesiredState));
    }

    /// <summary>A gradient-boosted model of a third party; else one addition.</summary>
    public bool IsReal { get; }

    public string Root { get; } = Directory.CreateTempSubdirectory("node-benchmark-").FullName;

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string StateFile => Path.Combine(Root, "state.json");

    /// <summary>Name of the input, as the model's file has it.</summary>
    public static async Task<string> InputOfAsync(HttpClient node)
    {
        using var metadata = JsonDocument.Parse(await node.GetStringAsync($"/v2/models/{Logged}"));
        return metadata.RootElement.GetProperty("inputs")[0].GetProperty("name").GetString()!;
    }

    public static string Row() => "[" + string.Join(',', Enumerable.Range(1, Features).Select(i => $"{i}.25")) + "]";

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

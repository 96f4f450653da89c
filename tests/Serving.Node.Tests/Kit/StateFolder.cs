using System.Security.Cryptography;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.State;

namespace Serving.Node.Tests.Kit;

/// <summary>Artifacts in a folder and a hand-written state that serves each under its own endpoint.</summary>
internal sealed class StateFolder : IDisposable
{
    private readonly Dictionary<string, ArtifactManifest> _artifacts = [];
    private readonly Dictionary<string, ReleaseState> _releases = [];
    private readonly List<EndpointState> _endpoints = [];

    public StateFolder() => Directory.CreateDirectory(Artifacts);

    public string Root { get; } = Directory.CreateTempSubdirectory("node-test-").FullName;

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string StateFile => Path.Combine(Root, "state.json");

    public string Release(byte[] model, string name, string version, RuntimeConfiguration? configured = null, IReadOnlyList<string>? aliases = null, string isolation = RuntimeConfiguration.InProcess)
    {
        var file = new ArtifactFile("model.onnx", model.Length, Convert.ToHexStringLower(SHA256.HashData(model)));
        var manifest = new ArtifactManifest([file]);
        var digest = ArtifactDigest.Of(manifest);
        var folder = Path.Combine(Artifacts, digest["sha256:".Length..]);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, file.Path), model);

        var runtime = configured ?? new RuntimeConfiguration(Isolation: isolation);
        var id = ReleaseId.Of(digest, null, null, runtime);
        _artifacts[digest] = manifest;
        _releases[id] = new ReleaseState(digest, name, version, runtime, Aliases: aliases);
        return id;
    }

    public StateFolder Serve(
        string endpoint, byte[] model, LimitsState? limits = null, CacheState? cache = null, RuntimeConfiguration? runtime = null, IReadOnlyList<string>? aliases = null, string isolation = RuntimeConfiguration.InProcess)
    {
        var release = Release(model, endpoint, "1", runtime, aliases, isolation);
        _endpoints.Add(new EndpointState { Name = endpoint, Arms = [new ArmState(ArmState.Stable, release, Bucket.Count)], Limits = limits ?? new LimitsState(), Cache = cache });
        return this;
    }

    public StateFolder Write()
    {
        var state = new DesiredState { Environment = "production", TimelineId = "t", Revision = 1, Endpoints = _endpoints, Releases = _releases, Artifacts = _artifacts };
        File.WriteAllBytes(StateFile, JsonSerializer.SerializeToUtf8Bytes(state, ContractsJson.Default.DesiredState));
        return this;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

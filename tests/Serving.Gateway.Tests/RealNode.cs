using System.Security.Cryptography;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Testing;
using Testing.Models;
using Testing.Processes;

namespace Serving.Gateway.Tests;

/// <summary>A real node that works from a state written by hand: endpoint <c>e</c>, stable adds 1, candidate adds 2. It is started again on the same port and disk.</summary>
internal sealed class RealNode : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("real-node-").FullName;
    private readonly int _port = FreePort.Take(2);
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly string _isolation;
    private ChildProcess? _process;

    public RealNode(string name, string isolation)
    {
        (Peer, _isolation) = (new Peer(name, "default", $"http://127.0.0.1:{_port}"), isolation);
        (Stable, Candidate) = (Release("1", 1), Release("2", 2));
    }

    public Peer Peer { get; }

    public (string Id, ReleaseState State, ArtifactManifest Manifest) Stable { get; }

    public (string Id, ReleaseState State, ArtifactManifest Manifest) Candidate { get; }

    public ChildProcess Process => _process!;

    /// <param name="revision">1: the stable release alone; 2: a candidate with half of the traffic beside it.</param>
    public async Task StartAsync(long revision, string? failPoints = null, string provenAfter = "00:01:00")
    {
        ArmState[] arms = revision == 1
            ? [new ArmState(ArmState.Stable, Stable.Id, Bucket.Count)]
            : [new ArmState(ArmState.Candidate, Candidate.Id, Bucket.Count / 2), new ArmState(ArmState.Stable, Stable.Id, Bucket.Count / 2)];
        var state = new DesiredState
        {
            Environment = "production",
            TimelineId = "t",
            Revision = revision,
            Endpoints = [new EndpointState { Name = "e", Arms = arms }],
            Releases = new Dictionary<string, ReleaseState> { [Stable.Id] = Stable.State, [Candidate.Id] = Candidate.State },
            Artifacts = new Dictionary<string, ArtifactManifest> { [Stable.State.Artifact] = Stable.Manifest, [Candidate.State.Artifact] = Candidate.Manifest },
        };
        var file = Path.Combine(_folder, "state.json");
        await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(state, ContractsJson.Default.DesiredState));
        if (_process is not null)
            await _process.DisposeAsync();
        _process = ChildProcess.Start(Repository.Program("Serving.Node"), [], new Dictionary<string, string?>
        {
            ["Node__Name"] = Peer.Name,
            ["Node__Url"] = Peer.Address,
            ["Node__Http2Url"] = $"http://127.0.0.1:{_port + 1}",
            ["Node__CacheDirectory"] = Path.Combine(_folder, "cache"),
            ["Node__StateFile"] = file,
            ["Node__ArtifactDirectory"] = Path.Combine(_folder, "artifacts"),
            ["Node__ProvenAfter"] = provenAfter,
            ["FAILPOINTS"] = failPoints,
        });
        await Eventually.TrueAsync(async () => (await _client.GetAsync(Peer.Address + "/healthz/ready")).IsSuccessStatusCode, TimeSpan.FromSeconds(60), $"{Peer.Name} ready");
    }

    public async Task<JsonElement> StatusAsync() => JsonSerializer.Deserialize<JsonElement>(await _client.GetStringAsync(Peer.Address + "/status"));

    /// <summary>Waits until the stable release has served long enough not to be suspected of a crash.</summary>
    public Task ProvenAsync() => Eventually.TrueAsync(
        async () => (await File.ReadAllTextAsync(Path.Combine(_folder, "cache", "ledger.json"))).Contains($"\"Proven\":[\"{Stable.Id}\"", StringComparison.Ordinal),
        TimeSpan.FromSeconds(20), "the stable release is proven");

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private (string Id, ReleaseState State, ArtifactManifest Manifest) Release(string version, float adds)
    {
        var model = TinyModel.Add(adds);
        var manifest = new ArtifactManifest([new ArtifactFile("model.onnx", model.Length, Convert.ToHexStringLower(SHA256.HashData(model)))]);
        var digest = ArtifactDigest.Of(manifest);
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "artifacts", digest["sha256:".Length..])).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model);
        var runtime = new RuntimeConfiguration(Isolation: version == "2" ? _isolation : RuntimeConfiguration.InProcess);
        return (ReleaseId.Of(digest, null, null, runtime), new ReleaseState(digest, "m", version, runtime), manifest);
    }
}

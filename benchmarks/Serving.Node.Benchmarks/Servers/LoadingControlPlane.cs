using System.Security.Cryptography;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Testing;
using Testing.Processes;
using NodeReport = Serving.Contracts.Reports.Report;

namespace Serving.Node.Benchmarks.Servers;

/// <summary>
/// The node API of a control plane whose state is that of <see cref="ServedModels"/> and, on demand, one more release of a model of 3 MB to be kept warm:
/// another one each time, so that it is probed each time.
/// </summary>
internal sealed class LoadingControlPlane : IAsyncDisposable
{
    private readonly ServedModels _served;
    private readonly WebApplication _app;
    private readonly byte[] _model = File.ReadAllBytes(Path.Combine(Repository.Shared, "models", "good", "magika_v3_3.onnx"));
    private volatile StateDocument _document;
    private volatile NodeReport? _last;
    private long _revision;

    private LoadingControlPlane(ServedModels served)
    {
        _served = served;
        Url = $"http://127.0.0.1:{FreePort.Take()}";
        _document = Next(loads: false);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Url);
        _app = builder.Build();
        Map();
    }

    public string Url { get; }

    public static async Task<LoadingControlPlane> StartAsync(ServedModels served)
    {
        var controlPlane = new LoadingControlPlane(served);
        await controlPlane._app.StartAsync();
        return controlPlane;
    }

    /// <summary>Has the node probe and load one more release, and then the next, until it is told to stop.</summary>
    /// <returns>How many it loaded, when it has let go of the last.</returns>
    public async Task<int> LoadAgainAndAgainAsync(TimeSpan within, CancellationToken stop)
    {
        var loads = 0;
        while (!stop.IsCancellationRequested)
        {
            _document = Next(loads: true);
            await Eventually.TrueAsync(() => IsWarm(_document.State.KeepWarm[0]), within, "one more release warm");
            loads++;
        }

        _document = Next(loads: false);
        await Eventually.TrueAsync(() => _last?.AppliedRevision == _document.State.Revision, within, "nothing loads any more");
        return loads;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private bool IsWarm(string release) => _last is { Rejected: { } rejected } && rejected.Release == release
        ? throw new InvalidOperationException(rejected.Detail)
        : _last?.Serving.Any(served => served.Release == release && served.State == ServedRelease.Warm) is true;

    private StateDocument Next(bool loads)
    {
        var state = JsonSerializer.Deserialize(File.ReadAllBytes(_served.StateFile), ContractsJson.Default.DesiredState)! with { Revision = ++_revision };
        if (!loads)
            return StateDocument.Seal(state);
        var manifest = new ArtifactManifest([new ArtifactFile("model.onnx", _model.Length, Sha256(_model))]);
        var digest = ArtifactDigest.Of(manifest);
        var runtime = new RuntimeConfiguration(Batching: new BatchingConfiguration(64, _revision));
        var release = ReleaseId.Of(digest, null, null, runtime);
        return StateDocument.Seal(state with
        {
            KeepWarm = [release],
            Releases = new Dictionary<string, ReleaseState>(state.Releases) { [release] = new(digest, "magika", "1", runtime) },
            Artifacts = new Dictionary<string, ArtifactManifest>(state.Artifacts) { [digest] = manifest },
        });
    }

    private void Map()
    {
        _app.MapPost("/node/v1/join", () => Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(new JoinResponse("n", "cpn", "production", "default"), ContractsJson.Default.JoinResponse), "application/json"));
        _app.MapGet("/node/v1/state", (HttpRequest request) => request.Headers.IfNoneMatch == $"\"{_document.ContentHash}\""
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(_document.Utf8.ToArray(), "application/json"));
        _app.MapGet("/node/v1/blobs/{sha256}", (string sha256) => Results.Bytes(sha256 == Sha256(_model) ? _model : Served(sha256)));
        _app.MapPut("/node/v1/records/{kind}/{segment}", () => Results.NoContent());
        _app.MapPost("/node/v1/report", async (HttpRequest request) =>
        {
            _last = await JsonSerializer.DeserializeAsync(request.Body, ContractsJson.Default.Report, request.HttpContext.RequestAborted);
            return Results.NoContent();
        });
    }

    private byte[] Served(string sha256) =>
        Directory.GetFiles(_served.Artifacts, "*.onnx", SearchOption.AllDirectories).Select(File.ReadAllBytes).First(file => Sha256(file) == sha256);

    private static string Sha256(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));
}

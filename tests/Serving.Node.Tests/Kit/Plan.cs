using System.Collections.Immutable;
using Serving.Contracts.Models;
using Serving.Contracts.State;

namespace Serving.Node.Tests.Kit;

/// <summary>Desired states of tiny models whose files a fake control plane holds. Immutable but for those files.</summary>
internal sealed record Plan(FakeBlobs Blobs)
{
    public string Timeline { get; init; } = "t";

    public long Revision { get; init; }

    private ImmutableDictionary<string, ReleaseState> Releases { get; init; } = ImmutableDictionary<string, ReleaseState>.Empty;

    private ImmutableDictionary<string, ArtifactManifest> Artifacts { get; init; } = ImmutableDictionary<string, ArtifactManifest>.Empty;

    private ImmutableSortedDictionary<string, string> Endpoints { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    private ImmutableList<string> KeepWarm { get; init; } = [];

    /// <summary>A release of these files; the model first.</summary>
    public Plan With(out string release, string version, byte[] model, byte[]? golden = null)
    {
        var files = new List<ArtifactFile> { new("model.onnx", model.Length, Blobs.Add(model)) };
        if (golden is not null)
            files.Insert(0, new ArtifactFile("golden.jsonl", golden.Length, Blobs.Add(golden)));
        var manifest = new ArtifactManifest(files);
        var digest = ArtifactDigest.Of(manifest);
        var runtime = new RuntimeConfiguration();
        release = ReleaseId.Of(digest, null, null, runtime);
        return this with { Artifacts = Artifacts.SetItem(digest, manifest), Releases = Releases.SetItem(release, new ReleaseState(digest, "m", version, runtime)) };
    }

    public string ArtifactOf(string release) => Releases[release].Artifact;

    public Plan Serving(string endpoint, string release) => this with { Endpoints = Endpoints.SetItem(endpoint, release) };

    public Plan Warm(params string[] releases) => this with { KeepWarm = [.. releases] };

    /// <summary>The next revision of this plan.</summary>
    public Plan Next() => this with { Revision = Revision + 1 };

    public StateDocument Seal()
    {
        var named = Endpoints.Values.Concat(KeepWarm).ToHashSet(StringComparer.Ordinal);
        var releases = Releases.Where(pair => named.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        return StateDocument.Seal(new DesiredState
        {
            Environment = "production",
            TimelineId = Timeline,
            Revision = Revision,
            Endpoints = [.. Endpoints.Select(pair => new EndpointState { Name = pair.Key, Arms = [new ArmState(ArmState.Stable, pair.Value, Bucket.Count)] })],
            Releases = releases,
            Artifacts = Artifacts.Where(pair => releases.Values.Any(release => release.Artifact == pair.Key)).ToDictionary(StringComparer.Ordinal),
            KeepWarm = KeepWarm,
        });
    }
}

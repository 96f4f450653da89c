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

    private ImmutableSortedDictionary<string, EndpointState> Endpoints { get; init; } = ImmutableSortedDictionary<string, EndpointState>.Empty;

    private ImmutableList<string> KeepWarm { get; init; } = [];

    /// <summary>A release of these files; the model first.</summary>
    public Plan With(out string release, string version, byte[] model, byte[]? golden = null, string isolation = RuntimeConfiguration.InProcess, long? memory = null)
    {
        var files = new List<ArtifactFile> { new("model.onnx", model.Length, Blobs.Add(model)) };
        if (golden is not null)
            files.Insert(0, new ArtifactFile("golden.jsonl", golden.Length, Blobs.Add(golden)));
        var manifest = new ArtifactManifest(files);
        var digest = ArtifactDigest.Of(manifest);
        var runtime = new RuntimeConfiguration(Isolation: isolation, Memory: memory);
        release = ReleaseId.Of(digest, null, null, runtime);
        return this with { Artifacts = Artifacts.SetItem(digest, manifest), Releases = Releases.SetItem(release, new ReleaseState(digest, "m", version, runtime)) };
    }

    public string ArtifactOf(string release) => Releases[release].Artifact;

    public Plan Serving(string endpoint, string release, LimitsState? limits = null) =>
        Serving(endpoint, limits, new ArmState(ArmState.Stable, release, Bucket.Count));

    /// <param name="share">Of the candidate, basis points.</param>
    public Plan Splitting(string endpoint, string candidate, int share, string stable, LimitsState? limits = null) =>
        Serving(endpoint, limits, new ArmState(ArmState.Candidate, candidate, share), new ArmState(ArmState.Stable, stable, Bucket.Count - share));

    public Plan Warm(params string[] releases) => this with { KeepWarm = [.. releases] };

    /// <summary>The next revision of this plan.</summary>
    public Plan Next() => this with { Revision = Revision + 1 };

    public StateDocument Seal()
    {
        var named = Endpoints.Values.SelectMany(endpoint => endpoint.Arms).Select(arm => arm.Release).Concat(KeepWarm).ToHashSet(StringComparer.Ordinal);
        var releases = Releases.Where(pair => named.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        return StateDocument.Seal(new DesiredState
        {
            Environment = "production",
            TimelineId = Timeline,
            Revision = Revision,
            Endpoints = [.. Endpoints.Values],
            Releases = releases,
            Artifacts = Artifacts.Where(pair => releases.Values.Any(release => release.Artifact == pair.Key)).ToDictionary(StringComparer.Ordinal),
            KeepWarm = KeepWarm,
        });
    }

    private Plan Serving(string endpoint, LimitsState? limits, params ArmState[] arms) =>
        this with { Endpoints = Endpoints.SetItem(endpoint, new EndpointState { Name = endpoint, Arms = arms, Limits = limits ?? new() }) };
}

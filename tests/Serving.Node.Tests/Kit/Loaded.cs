using System.Collections.Frozen;
using Serving.Contracts.State;
using Serving.Node.Metrics;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Tests.Kit;

/// <summary>Releases and serving tables in this process.</summary>
internal static class Loaded
{
    public static LoadedRelease Release(byte[] model, string id, string version = "1") =>
        new(id, new ReleaseState("sha256:0", "fraud", version, new RuntimeConfiguration()), Model(model), TimeProvider.System);

    public static OnnxModel Model(byte[] model)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, model);
            return OnnxModel.Load(path, new RuntimeConfiguration());
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static ServedArm Arm(LoadedRelease release, string name = ArmState.Stable, int upper = Bucket.Count) =>
        new(name, release, upper, new SeriesCounters("fraud", release.Id, "fraud", release.State.Version, name), WatchedNumbers.Of(null, release.Model.Outputs));

    public static ServedEndpoint Endpoint(EndpointState state, params ServedArm[] arms) =>
        new(state, arms, FrozenDictionary<string, ServedArm>.Empty, new AdmissionCount());

    public static ServingSnapshot Snapshot(long revision, LoadedRelease release) => new(
        revision, "t", null,
        new Dictionary<string, ServedEndpoint> { ["fraud"] = Endpoint(new EndpointState { Name = "fraud" }, Arm(release)) }.ToFrozenDictionary(),
        new Dictionary<string, LoadedRelease> { [release.Id] = release }.ToFrozenDictionary());
}

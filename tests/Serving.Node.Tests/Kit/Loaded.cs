using System.Collections.Frozen;
using Serving.Contracts.State;
using Serving.Node.Log;
using Serving.Node.Metrics;
using Serving.Node.Predict;
using Serving.Node.Protocols.Native;
using Serving.Node.Protocols.OpenInference;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Tests.Kit;

/// <summary>Releases and serving tables in this process.</summary>
internal static class Loaded
{
    public static LoadedRelease Release(byte[] model, string id, string version = "1") =>
        new(id, new ReleaseState("sha256:0", "fraud", version, new RuntimeConfiguration()), Model(model), BatchPlan.Single, TimeProvider.System);

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

    public static ServedArm Arm(LoadedRelease release, string name = ArmState.Stable, int upper = Bucket.Count, LoggingState? logging = null) =>
        new(name, release, upper, new SeriesCounters("fraud", release.Id, "fraud", release.State.Version, name), WatchedNumbers.Of(null, release.Model.Outputs),
            AnswerParts.Of("fraud", name, release.Id, "fraud", release.State.Version), LogHead.Of(new EndpointState { Name = "fraud", Logging = logging ?? new() }, release, name));

    /// <summary>A native request whose arm is known and whose body is read.</summary>
    public static NativeExchange Exchange(LoadedRelease release, byte[] body, LoggingState? logging = null, string id = "r-1", string? unit = null)
    {
        var exchange = new NativeExchange
        {
            RequestId = id,
            Unit = unit,
            Began = TimeProvider.System.GetTimestamp(),
            Endpoint = Endpoint(new EndpointState { Name = "fraud", Logging = logging ?? new() }, Arm(release)),
            Arm = Arm(release, logging: logging),
            Body = body,
            Call = release.Model.Rent(),
        };
        if (body.Length > 0)
        {
            exchange.Read();
            exchange.Rows = exchange.Call.Rows;
        }

        return exchange;
    }

    public static ServedEndpoint Endpoint(EndpointState state, params ServedArm[] arms) =>
        new(state, arms, FrozenDictionary<string, ServedArm>.Empty, new AdmissionCount());

    public static ServingSnapshot Snapshot(long revision, LoadedRelease release) => new(
        revision, "t", null,
        new Dictionary<string, ServedEndpoint> { ["fraud"] = Endpoint(new EndpointState { Name = "fraud" }, Arm(release)) }.ToFrozenDictionary(),
        new Dictionary<string, LoadedRelease> { [release.Id] = release }.ToFrozenDictionary());
}

using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Domain.Statistics;
using ControlPlane.Data.Tests.Kit;
using Microsoft.EntityFrameworkCore.Metadata;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Contracts.Schemas;
using Serving.Contracts.State;

namespace ControlPlane.Data.Tests.Mapping;

/// <summary>A value for any mapped property, none of them the default: what a mapping loses shows.</summary>
internal static class Samples
{
    /// <summary>Letters of one, two and four bytes, a quote and a line break; the same for whoever asks for the same length.</summary>
    private const string Awkward = "aß'\n😀";

    private static readonly Dictionary<Type, object> _documents = new()
    {
        [typeof(ArtifactManifest)] = new ArtifactManifest([new ArtifactFile("model.onnx", 5_000_000_000, new string('a', 64)), new ArtifactFile("weights.bin", 7, new string('b', 64))]),
        [typeof(InspectReport)] = new InspectReport
        {
            Checks = [new ModelCheck(ModelChecks.Sample, ModelCheck.Warning, "slow", "Make it faster.")],
            Signature = new ModelSignature([new TensorSpec("x", "FP32", [-1, 3], ["N", null])], [new TensorSpec("y", "seq(map(string,float))")]),
            IrVersion = 8,
            Opsets = new Dictionary<string, long> { ["ai.onnx"] = 17 },
            Producer = Awkward,
            ProducerVersion = "2.1",
            ParameterCount = long.MaxValue,
            NodeCount = 12,
            Operators = new Dictionary<string, long> { ["Add"] = 1 },
            Metadata = new Dictionary<string, string> { ["\0key"] = "\ud800" },
            LoadMs = 1.5,
            PeakMemoryBytes = 1 << 30,
            Latency = new LatencySample(double.NaN, double.PositiveInfinity, 100),
            GoldenSamples = 3,
            Runtime = "1.31.1",
        },
        [typeof(IReadOnlyList<ModelCheck>)] = new List<ModelCheck> { new(ModelChecks.Onnx, ModelCheck.Passed, Awkward) },
        [typeof(IReadOnlyList<string>)] = new List<string> { "one", Awkward },
        [typeof(VersionNotes)] = new VersionNotes(
            Awkward, new Dictionary<string, double> { ["auc"] = 0.9 }, new Dictionary<string, string> { ["depth"] = "6" }, ["nightly"], "# Card", "https://example.com/run/1", "fraud@1"),
        [typeof(LoggingState)] = new LoggingState(0.25, ["amount"]),
        [typeof(MonitorState)] = new MonitorState("probabilities[1]", "max(probabilities)"),
        [typeof(LimitsState)] = new LimitsState(1, 2, 3, 4),
        [typeof(CacheState)] = new CacheState(1 << 20, "30s", 0.25),
        [typeof(Binding)] = new Binding(["a"], [new TensorBinding("x", ["a", "b"]), new TensorBinding("y", Feature: "c")]),
        [typeof(RuntimeConfiguration)] = new RuntimeConfiguration(4, "process", new BatchingConfiguration(64, 2_000), Memory: 5_000_000_000),
        [typeof(RolloutPlan)] = new RolloutPlan("canary", [new RolloutStep(StepKind.Shift, 2_500)], NeedsApproval: true, TimeSpan.FromHours(24)),
        [typeof(RolloutState)] = new RolloutState(RolloutPhase.RollingBack, 2, 1, 2_500, Some.Noon, Awkward, RolloutPhase.RolledBack),
        [typeof(EvidenceWindows)] = new EvidenceWindows(1, 7, 9, 80, 20),
        [typeof(Evidence)] = new Evidence(2)
        {
            Step = 1, Through = 9, From = 7, Held = 3, Unmeasured = 1, StableSamples = 80, CandidateSamples = 20,
            Gates = new Dictionary<string, GateEvidence>
            {
                ["error_rate"] = new()
                {
                    Risk = new RelativeRisk([new FailureCount(0.2, 12, 9)]), RiskRequests = 100, Stable = new Moments(80, 0.5, 2), Candidate = new Moments(20, 0.25, 1), Unusable = 1, Recent = [true, false],
                    Pool = new Moments(3, double.NaN, double.PositiveInfinity), Last = 0.25,
                },
            },
        },
        [typeof(IReadOnlyList<Reading>)] = new List<Reading>
        {
            new("error_rate", Verdict.Worse, BreachAction.Pause, IsRequired: true)
            {
                Value = 1.5, Low = 1.2, High = double.PositiveInfinity, Threshold = 1.1, StableSamples = 80, CandidateSamples = 20, MinSamples = 10, Eta = TimeSpan.FromMinutes(3), Sentence = Awkward,
            },
        },
        [typeof(Report)] = new Report
        {
            NodeSession = "s",
            AppliedRevision = 7,
            TimelineId = "t1",
            ContentHash = "sha256:a",
            Rejected = new Rejection(8, RejectionReasons.LoadFailed, Awkward, "rel-2"),
            Serving = [new ServedRelease("rel-1", "fraud", "1", "sha256:b", Some.Noon, ServedRelease.Warm)],
            Quarantined = [new Quarantine("rel-3", RejectionReasons.CrashLoop, Some.Noon)],
            Clock = Some.Noon.AddTicks(1),
            StartedAt = Some.Noon,
            Address = "http://10.0.0.7:8000",
            Http2Address = "http://10.0.0.7:8001",
            Source = "push",
            AgentVersion = "0.1.0",
            MemoryBytes = 1,
            DiskFreeBytes = 2,
            LogDropped = 3,
            Draining = true,
        },
    };

    /// <summary>Reference properties take the value their principal's key has, so that whole samples refer to each other.</summary>
    public static object Of(IProperty property)
    {
        if (property.FindFirstPrincipal() is { } principal && principal != property)
            return Of(principal);

        var type = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
        if (type == typeof(string))
            return Text(property.GetMaxLength() ?? 100_000);
        if (_documents.TryGetValue(type, out var document))
            return document;
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>().Last();
        return type.Name switch
        {
            nameof(Int32) => int.MaxValue - 1,
            nameof(Int64) => long.MaxValue - 1,
            nameof(Double) => 1e-300,
            nameof(Boolean) => true,
            nameof(DateTimeOffset) => Some.Noon.AddTicks(1_234_567),
            nameof(TimeSpan) => TimeSpan.FromTicks(-1_234_567),
            "Byte[]" => new byte[] { 0, 1, 255 },
            _ => Activator.CreateInstance(type, Guid.Parse("01980000-0000-7000-8000-0000000000ff"))!,
        };
    }

    private static string Text(int length) =>
        length < Awkward.Length ? new string('x', length) : Awkward + new string('x', length - Awkward.Length);
}

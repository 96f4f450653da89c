using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using Serving.Contracts.Models;
using Serving.Contracts.Schemas;
using Serving.Contracts.State;

namespace ControlPlane.Domain.Releases;

/// <summary>The immutable unit of deployment; its id is the hash of its content.</summary>
public sealed class Release
{
    private Release()
    {
    }

    public string Id { get; private set; } = "";

    public string Artifact { get; private set; } = "";

    public ArtifactManifest Manifest { get; private set; } = new([]);

    public string Model { get; private set; } = "";

    public int Version { get; private set; }

    public string? SchemaDigest { get; private set; }

    public Binding? Binding { get; private set; }

    public RuntimeConfiguration Runtime { get; private set; } = new();

    public string CreatedBy { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }

    public static Outcome<Release> Of(ModelVersion version, RuntimeConfiguration? runtime, string createdBy, DateTimeOffset at)
    {
        if (version.State != VersionState.Ready)
        {
            return new Refusal("VersionNotReady", version.State == VersionState.Rejected
                ? $"Version {version.Number} of {version.ModelName} was rejected: {version.RejectedReason}"
                : $"Version {version.Number} of {version.ModelName} is still being validated.");
        }

        var configuration = runtime ?? new RuntimeConfiguration();
        // What says nothing is left out, so that it makes no other release of the same.
        var marked = configuration.Outputs?.Where(output => output.Value.Embedding).ToDictionary(StringComparer.Ordinal);
        configuration = configuration with { Outputs = marked is { Count: > 0 } ? marked : null };
        if (version.Signature is { } signature && marked?.Keys.FirstOrDefault(name => signature.Outputs.All(output => output.Name != name)) is { } unknown)
            return Refusal.Invalid("runtime.outputs", $"runtime.outputs: the model has no output {unknown}.");
        if (configuration.Threads is < 1 or > 64)
            return Refusal.Invalid("runtime.threads", "runtime.threads must be between 1 and 64.");
        if (configuration.Isolation is not (RuntimeConfiguration.InProcess or RuntimeConfiguration.Process))
            return Refusal.Invalid("runtime.isolation", "runtime.isolation must be inProcess or process.");
        if (configuration is { Memory: not null, Isolation: not RuntimeConfiguration.Process })
            return Refusal.Invalid("runtime.memory", "runtime.memory limits a process of its own: it needs runtime.isolation to be process.");
        if (configuration.Memory is < RuntimeConfiguration.LeastMemory or > RuntimeConfiguration.MostMemory)
            return Refusal.Invalid("runtime.memory", $"runtime.memory must be between {RuntimeConfiguration.LeastMemory} and {RuntimeConfiguration.MostMemory} bytes.");

        return new Release
        {
            Id = ReleaseId.Of(version.Digest, null, null, configuration),
            Artifact = version.Digest,
            Manifest = version.Manifest,
            Model = version.ModelName,
            Version = version.Number,
            Runtime = configuration,
            CreatedBy = createdBy,
            CreatedAt = at,
        };
    }
}

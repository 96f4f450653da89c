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
        if (configuration.Threads is < 1 or > 64)
            return Refusal.Invalid("runtime.threads", "runtime.threads must be between 1 and 64.");
        if (configuration.Isolation is not "inProcess")
            return Refusal.Invalid("runtime.isolation", "runtime.isolation: this version of the product runs models inProcess only.");

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

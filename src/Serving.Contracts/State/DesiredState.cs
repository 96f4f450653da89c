using System.Collections.Frozen;
using System.Text.Json.Serialization;
using Serving.Contracts.Models;
using Serving.Contracts.Schemas;

namespace Serving.Contracts.State;

/// <summary>
/// Everything the nodes of one environment are to serve: the state of the world, not a change to it.
/// Members a node does not know are ignored, members it misses have their default (the generated reader hands null to their setters); what it must understand to serve correctly is named in <see cref="Requires"/>.
/// </summary>
public sealed record DesiredState
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    public required string Environment { get; init; }

    /// <summary>A new one begins when a database was restored: revisions compare only within one timeline.</summary>
    public required string TimelineId { get; init; }

    /// <summary>1, 2, 3, … within a timeline, without gap or repeat.</summary>
    public required long Revision { get; init; }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<EndpointState> Endpoints { get; init => field = value ?? []; } = [];

    /// <summary>By release id: every release that an arm, a mirror or <see cref="KeepWarm"/> names.</summary>
    public IReadOnlyDictionary<string, ReleaseState> Releases { get; init => field = value ?? FrozenDictionary<string, ReleaseState>.Empty; } = FrozenDictionary<string, ReleaseState>.Empty;

    /// <summary>By artifact digest.</summary>
    public IReadOnlyDictionary<string, ArtifactManifest> Artifacts { get; init => field = value ?? FrozenDictionary<string, ArtifactManifest>.Empty; } = FrozenDictionary<string, ArtifactManifest>.Empty;

    /// <summary>By schema digest.</summary>
    public IReadOnlyDictionary<string, FeatureSchema> Schemas { get; init => field = value ?? FrozenDictionary<string, FeatureSchema>.Empty; } = FrozenDictionary<string, FeatureSchema>.Empty;

    /// <summary>Releases to hold in memory though no traffic reaches them: candidates to come and the ways back. Most wanted first.</summary>
    public IReadOnlyList<string> KeepWarm { get; init => field = value ?? []; } = [];

    /// <summary>Capabilities without which a node must refuse this document.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Requires { get; init; }

    /// <summary><c>sha256:</c> and 64 hex digits: SHA-256 of the canonical form of the document without this member.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentHash { get; init; }
}

/// <summary>One release as a node needs it: what to load and how to run it.</summary>
/// <param name="Artifact">Digest of the artifact, a key of <see cref="DesiredState.Artifacts"/>.</param>
/// <param name="Schema">Digest of the feature schema, or null: the caller gives tensors.</param>
/// <param name="Aliases">Names in the registry that point at this version, sorted; null: none. They move without making another release.</param>
public sealed record ReleaseState(
    string Artifact, string Model, string Version, RuntimeConfiguration Runtime, string? Schema = null, Binding? Binding = null, IReadOnlyList<string>? Aliases = null);

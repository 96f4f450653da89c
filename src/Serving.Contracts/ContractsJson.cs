using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Serving.Contracts.Joining;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Contracts.Schemas;
using Serving.Contracts.State;

namespace Serving.Contracts;

/// <summary>The wire format between control plane, nodes and gateways: camelCase, UTC, what is null left out, unknown members ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DesiredState))]
[JsonSerializable(typeof(ArtifactManifest))]
[JsonSerializable(typeof(Binding))]
[JsonSerializable(typeof(FeatureSchema))]
[JsonSerializable(typeof(RuntimeConfiguration))]
[JsonSerializable(typeof(ModelSignature))]
[JsonSerializable(typeof(InspectReport))]
[JsonSerializable(typeof(IReadOnlyList<BatchCost>))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(Frame))]
[JsonSerializable(typeof(Frame[]))]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(JoinResponse))]
[JsonSerializable(typeof(CredentialResponse))]
[JsonSerializable(typeof(PeerList))]
[JsonSerializable(typeof(JsonObject))]
public sealed partial class ContractsJson : JsonSerializerContext;

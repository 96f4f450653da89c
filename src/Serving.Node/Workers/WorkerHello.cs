using System.Text.Json.Serialization;
using Serving.Contracts.Models;

namespace Serving.Node.Workers;

/// <summary>What a worker says when it has loaded its model, or cannot.</summary>
/// <param name="Signature">Null: the runtime refuses the model.</param>
/// <param name="Defaults">Inputs that may be left out.</param>
/// <param name="TakesBatches">Whether, by its signature, the first dimension of everything is the number of rows.</param>
/// <param name="Refused">The runtime's message.</param>
internal sealed record WorkerHello(ModelSignature? Signature, IReadOnlyList<TensorSpec> Defaults, bool TakesBatches, string? Refused);

[JsonSerializable(typeof(WorkerHello))]
internal sealed partial class WorkerJson : JsonSerializerContext;

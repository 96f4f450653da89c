namespace Serving.Contracts.Models;

/// <summary>What a model takes and gives, in the order of the file.</summary>
public sealed record ModelSignature(IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs);

/// <summary>One input or output.</summary>
/// <param name="Type">
/// Datatype of the Open Inference Protocol (<c>FP32</c>, <c>INT64</c>, <c>BYTES</c> …), or for what is no tensor its ONNX type,
/// such as <c>seq(map(string,float))</c>.
/// </param>
/// <param name="Shape">Sizes, -1 where variable; null: no tensor, or the file says nothing about its rank.</param>
/// <param name="Symbols">Names of the variable sizes, null where there is none; as long as <paramref name="Shape"/>.</param>
public sealed record TensorSpec(string Name, string Type, IReadOnlyList<long>? Shape = null, IReadOnlyList<string?>? Symbols = null)
{
    /// <summary>Sequences, maps and optionals have a type with parentheses.</summary>
    public bool IsTensor() => !Type.Contains('(');
}

namespace Serving.Contracts.Schemas;

/// <summary>Which features make up the model's input tensors, in order. <paramref name="Features"/> is short for a model with one input.</summary>
public sealed record Binding(IReadOnlyList<string>? Features = null, IReadOnlyList<TensorBinding>? Inputs = null);

/// <summary>One input tensor: columns from <paramref name="Features"/> in this order, or the whole tensor from one <paramref name="Feature"/>.</summary>
public sealed record TensorBinding(string Tensor, IReadOnlyList<string>? Features = null, string? Feature = null);

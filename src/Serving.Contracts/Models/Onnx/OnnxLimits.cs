namespace Serving.Contracts.Models.Onnx;

/// <summary>What a file may ask of a reader before anything loads it.</summary>
/// <param name="MaxIrVersion">Newest file format; ONNX Runtime 1.31 reads 13.</param>
/// <param name="MaxOpset">Newest operator set of the ONNX domain.</param>
/// <param name="MaxDepth">Graphs within graphs within attributes.</param>
public sealed record OnnxLimits(
    long MaxIrVersion = 13, long MaxOpset = 26, long MaxMlOpset = 5, long MaxNodes = 200_000, long MaxTensors = 200_000, long MaxValues = 500_000,
    int MaxDepth = 32, int MaxText = 1 << 16);

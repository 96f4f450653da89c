namespace Serving.Contracts.Models.Onnx;

/// <summary>What a file says of itself, read without loading it.</summary>
public sealed record OnnxSummary
{
    public long IrVersion { get; init; }
    public IReadOnlyDictionary<string, long> Opsets { get; init; } = new Dictionary<string, long>();
    public string? Producer { get; init; }
    public string? ProducerVersion { get; init; }
    public long Nodes { get; init; }

    /// <summary>Elements of all initializers together.</summary>
    public long Parameters { get; init; }

    /// <summary>Uses by operator, <c>domain.Name</c> without the ONNX domain itself.</summary>
    public IReadOnlyDictionary<string, long> Operators { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of the files that hold weights beside the model.</summary>
    public IReadOnlyList<string> ExternalFiles { get; init; } = [];
}

/// <param name="Checks">In order; the last one failed, or none did.</param>
/// <param name="Summary">Null when a check failed.</param>
public sealed record OnnxScanResult(IReadOnlyList<ModelCheck> Checks, OnnxSummary? Summary)
{
    public ModelCheck? Failed => Checks.FirstOrDefault(check => check.Outcome == ModelCheck.Failed);
}

namespace Serving.Contracts.Models;

/// <summary>What <c>Serving.Node inspect</c> found out about an artifact; one line of JSON on its standard output.</summary>
public sealed record InspectReport
{
    /// <summary>In the order they ran; the first failed one ends the inspection.</summary>
    public IReadOnlyList<ModelCheck> Checks { get; init => field = value ?? []; } = [];

    public ModelSignature? Signature { get; init; }
    public long? IrVersion { get; init; }

    /// <summary>Operator set version by domain; the ONNX domain itself is <c>ai.onnx</c>.</summary>
    public IReadOnlyDictionary<string, long>? Opsets { get; init; }

    public string? Producer { get; init; }
    public string? ProducerVersion { get; init; }
    public long? ParameterCount { get; init; }
    public long? NodeCount { get; init; }

    /// <summary>Uses by operator, <c>domain.Name</c> without the ONNX domain itself.</summary>
    public IReadOnlyDictionary<string, long>? Operators { get; init; }

    /// <summary>Text the model's author put into the file. Never to be trusted as markup.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public double? LoadMs { get; init; }
    public long? PeakMemoryBytes { get; init; }

    /// <summary>One row at a time on the sample input.</summary>
    public LatencySample? Latency { get; init; }

    /// <summary>What runs of more rows cost, ascending; empty: the model is never batched. Null: it was not measured, as in every inspection but a node's probe.</summary>
    public IReadOnlyList<BatchCost>? BatchCosts { get; init; }

    public int GoldenSamples { get; init; }

    /// <summary>Version of ONNX Runtime that did it.</summary>
    public string? Runtime { get; init; }
}

/// <param name="P50Us">Median, microseconds.</param>
/// <param name="P99Us">99th percentile, microseconds.</param>
public sealed record LatencySample(double P50Us, double P99Us, int Runs);

/// <param name="Rows">In one run, at least 1.</param>
/// <param name="Nanoseconds">The least that a run of so many took.</param>
public sealed record BatchCost(int Rows, double Nanoseconds);

/// <summary>One check of a model's validation.</summary>
/// <param name="Check">One of <see cref="ModelChecks"/>.</param>
/// <param name="Outcome"><c>passed</c>, <c>warning</c> or <c>failed</c>.</param>
/// <param name="Detail">What was found, one sentence with the numbers in it.</param>
/// <param name="Remedy">What to do about it; null when it passed.</param>
public sealed record ModelCheck(string Check, string Outcome, string Detail, string? Remedy = null)
{
    public const string Passed = "passed";
    public const string Warning = "warning";
    public const string Failed = "failed";
}

/// <summary>Names of the checks, in the order they run.</summary>
public static class ModelChecks
{
    public const string Size = "size";
    public const string Archive = "archive";
    public const string Onnx = "onnx";
    public const string Operators = "operators";
    public const string ExternalData = "externalData";
    public const string Loads = "loads";
    public const string Golden = "golden";
    public const string Sample = "sample";
    public const string Signature = "signature";

    public static IReadOnlyList<string> All { get; } = [Size, Archive, Onnx, Operators, ExternalData, Loads, Golden, Sample, Signature];
}
